#!/bin/bash
# mkrootfs.sh VERSION KERNEL_TREE OUT.cpio SCENARIO: an initramfs of busybox, kmod, file-system and
# network tools, the kernel's modules, and one scenario.
set -euo pipefail
version=$1 tree=$2 out=$(realpath -m "$3") scenario=$4
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,mnt,out,run,etc,lib,lib64,var/run}
cp /bin/busybox "$root/bin/busybox"
for applet in $(/bin/busybox --list); do
  [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
done
# busybox has these too, but the scenarios want the real ones.
rm -f "$root"/bin/{modprobe,insmod,rmmod,lsmod,depmod,modinfo,ip,mount,umount,losetup}
gcc -O1 -static -o "$root/bin/mark" "$here/mark.c"
for tool in kmod mkfs.ext4 mkfs.btrfs mkfs.xfs mkfs.vfat mksquashfs nft ip dmsetup losetup mount \
  umount tc; do
  found=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v $tool) || continue
  real=$(readlink -f "$found")
  cp -L "$real" "$root/usr/sbin/"
  ldd "$real" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L -n "$library" "$root$library"
  done
done
for link in mke2fs:mkfs.ext4 mkfs.fat:mkfs.vfat; do
  [ -e "$root/usr/sbin/${link#*:}" ] || ln -s "${link%:*}" "$root/usr/sbin/${link#*:}"
done
for name in modprobe insmod rmmod lsmod modinfo; do
  ln -sf /usr/sbin/kmod "$root/usr/sbin/$name"
done
ln -sf /usr/sbin/kmod "$root/sbin/modprobe"  # what the kernel's request_module() runs
modules=$tree/lib/modules/$version
[ -d "$modules" ] || modules=$tree/usr/lib/modules/$version
mkdir -p "$root/lib/modules/$version"
cp -a "$modules/." "$root/lib/modules/$version/"
# Drivers no emulated machine has, so that the image fits in memory.
(
  cd "$root/lib/modules/$version/kernel"
  rm -rf sound drivers/media drivers/infiniband drivers/iio drivers/staging drivers/comedi \
    drivers/gpu/drm/{amd,i915,nouveau,radeon,vmwgfx,gma500,mgag200,xe} drivers/net/wireless \
    drivers/hwmon drivers/platform drivers/mtd drivers/misc drivers/target drivers/isdn \
    drivers/power drivers/rtc drivers/mfd drivers/watchdog
  find drivers/scsi -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} + 2> /dev/null || true
  find drivers/net/ethernet -name '*.ko*' 2> /dev/null | grep -vE 'e1000|8139|/pcnet' |
    xargs -r rm -f
)
depmod -b "$root" "$version"
cp "$here/init.sh" "$root/init"
chmod +x "$root/init"
cp "$here/scenario-$scenario.sh" "$root/"
if [ -x "$root/usr/sbin/mksquashfs" ]; then
  mksquashfs "$root"/usr/sbin/{ip,mkfs.xfs,nft} "$root/q.img" -comp gzip -noappend -no-progress \
    -quiet -processors 1
fi
(cd "$root" && find . | cpio -o -H newc --quiet) > "$out"
