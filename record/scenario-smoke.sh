# smoke scenario: one file system loaded, used and unloaded; a minute under the plugin
KALL=1
snap s00-boot 1
step 1 load-ext4 modprobe -a loop ext4
snap s01-loaded 1
use() {
  truncate -s 8M /tmp/e.img
  mkfs.ext4 -q -F /tmp/e.img
  mkdir -p /mnt/e
  mount -t ext4 -o loop /tmp/e.img /mnt/e
  for i in 1 2 3 4 5 6 7 8; do
    mkdir /mnt/e/d$i
    echo $i > /mnt/e/d$i/f
  done
  sync
  find /mnt/e -type f | xargs cat > /dev/null
  umount /mnt/e
}
step 2 use-ext4 use
step 3 unload-ext4 modprobe -r ext4
snap s03-unloaded 1
