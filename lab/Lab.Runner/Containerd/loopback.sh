#!/bin/sh
# CNI plugin "loopback": brings the sandbox's loopback interface up. Deleting needs nothing, the namespace goes.
case $CNI_COMMAND in
ADD)
  if ! failure=$(nsenter --net="$CNI_NETNS" ip link set lo up 2>&1); then
    printf '{"cniVersion":"0.3.1","code":999,"msg":"cannot bring the loopback interface up","details":"%s"}\n' "$(printf %s "$failure" | tr '"\\\n' "'/ ")"
    exit 1
  fi
  echo '{"cniVersion":"0.3.1"}'
  ;;
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["0.3.1","0.4.0","1.0.0"]}' ;;
esac
