#!/bin/bash
# The test's way in: a line on the virtio port is a command in base64; its answer is its exit status and what it said, in base64.
exec <>/dev/virtio-ports/shell
while read -r line; do
    base64 -d <<< "$line" > /run/test-command
    bash /run/test-command > /run/test-said 2>&1 < /dev/null
    echo "$? $(base64 -w0 /run/test-said)" >&0
done
