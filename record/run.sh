#!/bin/bash
# run.sh WORK KERNEL_TREE SCENARIO: boots the kernel with the recording plugin until it powers off,
# then asks QEMU for registers and page table. MEMORY (MiB, default 3072), LIMIT (seconds).
set -euo pipefail
work=$1 tree=$2 scenario=$3
rm -f "$work/raw.bin" "$work/serial.log"
truncate -s 0 "$work/vda.raw"
truncate -s 1G "$work/vda.raw"
truncate -s 64M "$work/vdb.raw"
: > "$work/serial.log"
events=module:module_load,module:module_free,module:module_get,module:module_put
append="console=ttyS0 quiet loglevel=4 no_hash_pointers nokaslr panic=-1 trace_clock=mono"
append="$append trace_event=$events trace_buf_size=16M scenario=$scenario"
timeout "${LIMIT:-3000}" qemu-system-x86_64 -accel tcg,thread=single,tb-size=512 \
  -icount shift=0,sleep=off -cpu max,la57=off -M q35 -rtc base=2024-01-01T00:00:00,clock=vm \
  -smp 1 -m "${MEMORY:-3072}" -nographic -no-reboot -no-shutdown \
  -nic user,restrict=on,model=virtio-net-pci -device virtio-rng-pci -device virtio-balloon-pci \
  -drive "file=$work/vda.raw,format=raw,if=virtio" \
  -drive "file=$work/vdb.raw,format=raw,if=virtio" \
  -monitor "unix:$work/monitor.sock,server=on,wait=off" -serial "file:$work/serial.log" \
  -display none -plugin "$work/pagetrace.so,out=$work/raw.bin,phys=$work/phys.txt" \
  -kernel "$tree"/boot/vmlinuz-* -initrd "$work/root.cpio" -append "$append" \
  < /dev/null > "$work/qemu.log" 2>&1 &
qemu=$!
while kill -0 $qemu 2> /dev/null && ! grep -q 'reboot: Power down' "$work/serial.log"; do
  sleep 1
done
kill -0 $qemu 2> /dev/null || { tail -5 "$work/qemu.log" "$work/serial.log" >&2; exit 70; }
# The guest is halted with its page tables intact.
python3 - "$work" <<'P'
import socket, sys, time
monitor = socket.socket(socket.AF_UNIX)
monitor.connect(sys.argv[1] + "/monitor.sock")
monitor.settimeout(120)
def ask(command):
    monitor.sendall((command + "\n").encode())
    answer = b""
    while not answer.rstrip().endswith(b"(qemu)") or len(answer) < len(command) + 12:
        part = monitor.recv(1 << 20)
        if not part:
            break
        answer += part
    return answer.decode("latin1").replace("\r", "")
time.sleep(0.5)
monitor.recv(65536)
for command, name in (("info registers", "regs"), ("info tlb", "tlb")):
    open(sys.argv[1] + "/mon-" + name + ".txt", "w").write(ask(command))
monitor.sendall(b"quit\n")
time.sleep(1)
P
wait $qemu || true
