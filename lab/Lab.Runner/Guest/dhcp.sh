#!/bin/sh
# Called by udhcpc with what the server said in the environment (busybox udhcpc(8)).
case "$1" in
  bound | renew)
    ip addr replace "$ip/${mask:-24}" dev "$interface"
    [ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
    if [ -n "$staticroutes" ]; then
      # Option 121 has all routes, and option 3 is not heeded (RFC 3442).
      set -- $staticroutes
      while [ "$#" -ge 2 ]; do ip route replace "$1" via "$2" dev "$interface" onlink; shift 2; done
    else
      for each in $router; do ip route replace default via "$each" dev "$interface" onlink; done
    fi
    {
      [ -z "$domain" ] || echo "search $domain"
      for each in $dns; do echo "nameserver $each"; done
    } >"/run/resolv.4.$interface"
    cat /run/resolv.* >/etc/resolv.conf
    set >"/run/dhcp.$interface.new"
    sed -n "s/^\(ip\|mask\|router\|dns\|domain\|mtu\|lease\|serverid\)='\(.*\)'$/\1=\2/p" "/run/dhcp.$interface.new" >"/tmp/dhcp.$interface"
    mv "/tmp/dhcp.$interface" "/run/dhcp.$interface"
    ;;
  deconfig)
    ip -4 addr flush dev "$interface"
    ip link set "$interface" up
    rm -f "/run/dhcp.$interface"
    ;;
esac
