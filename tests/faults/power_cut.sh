#!/bin/sh
# A power cut, as far as software can make one: what a disk holds at an instant, without what was still in memory.
#
#   power_cut.sh prepare DIRECTORY    a disk (ext4 in DIRECTORY/disk.img) is made and mounted at DIRECTORY/data
#   power_cut.sh cut DIRECTORY PID…   these processes are stopped, the disk's present content is copied, they are killed,
#                                     and the copy is mounted in the disk's place
#   power_cut.sh remove DIRECTORY     everything is unmounted
#
# Needs root. Why this is honest: the loop device writes to its file with direct I/O, so that the file holds exactly what
# the inner file system has written to its disk, and nothing of what waits in the page cache to be written. Nothing is
# synced and nothing is unmounted before the copy: the processes are stopped (SIGSTOP) in the middle of their work,
# and the copy is made of the file itself, read with direct I/O as well. What a program wrote without fsync is missing in
# the copy, unless the kernel happened to write it back; what was fsynced is there. `cut` proves this each time by two
# files of its own, one synced and one not, and that nothing reached the disk while it was copied, so that the copy is one
# instant's. Mounting the copy replays ext4's journal, as after a power cut.
#
# What it does not show: a disk that lies about flushes, torn sectors, and a disk that reorders unflushed writes.
set -eu

what=$1
directory=$2
shift 2

# How many writes a device has been given.
written() {
    awk '{ print $5 + $9 }' "/sys/block/$(basename "$1")/stat"
}

case $what in
prepare)
    truncate --size=768M "$directory/disk.img"
    mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$directory/disk.img"
    # A long commit interval and no write-back by age: data that is not synced stays in memory.
    device=$(losetup --find --show --direct-io=on "$directory/disk.img")
    echo "$device" > "$directory/device"
    if [ "$(losetup --noheadings --output DIO "$device" | tr -d ' ')" != 1 ]; then
        echo "the loop device $device does no direct I/O: a copy of its file would hold what was never synced" >&2
        exit 3
    fi
    mkdir "$directory/data"
    mount -o commit=300 "$device" "$directory/data"
    chmod 755 "$directory/data"
    ;;
cut)
    device=$(cat "$directory/device")
    printf synced > "$directory/data/synced"
    sync "$directory/data/synced"
    kill -STOP "$@"
    for pid in "$@"; do
        # A system call that is under way, such as an fsync, ends before its thread stops.
        while grep -qs '^State:.[RSD]' "/proc/$pid/task/"*/status; do sleep 0.01; done
    done
    printf unsynced > "$directory/data/unsynced"
    tries=0
    until [ "$(written "$device")" = "${before-}" ]; do
        [ $((tries += 1)) -le 10 ] || { echo "the kernel writes on and on; there is no quiet instant" >&2; exit 5; }
        before=$(written "$device")
        dd if="$directory/disk.img" of="$directory/cut.img" bs=4M iflag=direct conv=sparse status=none
    done
    kill -KILL "$@"
    for pid in "$@"; do
        while kill -0 "$pid" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
    done
    umount "$directory/data"
    losetup --detach "$device"
    device=$(losetup --find --show "$directory/cut.img")
    echo "$device" > "$directory/device"
    mount "$device" "$directory/data"
    if [ "$(cat "$directory/data/synced")" != synced ] || [ -s "$directory/data/unsynced" ]; then
        echo "this was no power cut: the copy lacks what was synced, or holds what was not" >&2
        exit 4
    fi
    ;;
remove)
    umount --lazy "$directory/data" 2>/dev/null || true
    [ ! -e "$directory/device" ] || losetup --detach "$(cat "$directory/device")" 2>/dev/null || true
    ;;
esac
