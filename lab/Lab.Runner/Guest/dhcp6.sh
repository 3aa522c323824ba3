#!/bin/sh
# Called by dhclient with what the server said in the environment (dhclient-script(8)).
case "$reason" in
  BOUND6 | RENEW6 | REBIND6)
    ip -6 addr replace "$new_ip6_address/$new_ip6_prefixlen" dev "$interface"
    for each in $new_dhcp6_name_servers; do echo "nameserver $each"; done >"/run/resolv.6.$interface"
    cat /run/resolv.* >/etc/resolv.conf
    {
      echo "ip=$new_ip6_address"
      echo "dns=$new_dhcp6_name_servers"
      echo "serverid=$new_dhcp6_server_id"
    } >"/tmp/dhcp6.$interface"
    mv "/tmp/dhcp6.$interface" "/run/dhcp6.$interface"
    ;;
  EXPIRE6 | RELEASE6 | STOP6)
    ip -6 addr del "$old_ip6_address/$old_ip6_prefixlen" dev "$interface"
    rm -f "/run/dhcp6.$interface"
    ;;
esac
