/**
 * A separate file system that can be made to fail at every call, like a disk that was pulled out,
 * and be brought back. Needs root.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface DyingDisk {
  readonly path: string
  /** From now on every call answers EIO. */
  die(): void
  /** What had reached the disk is there again, under the same path. Open files stay unusable. */
  mend(): void
  remove(): void
}

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_LOGFLUSH: synchronised data is kept, as on a disk. */
const shutdown = 'open(my $d, "<", $ARGV[0]) or die; ioctl($d, 0x8004587d, my $flags = pack("I", 1)) or die "ioctl: $!"'

export function makeDyingDisk(mebibytes: number): DyingDisk {
  const home = mkdtempSync(join(tmpdir(), 'openbatch-dying-disk-'))
  const path = join(home, 'disk')
  let image = join(home, 'image')
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const mount = () => run('mount', '-o', 'loop', image, path)
  run('truncate', '-s', `${mebibytes}m`, image)
  run('mkfs.ext4', '-q', image)
  run('mkdir', path)
  mount()
  return {
    path,
    die: () => run('perl', '-e', shutdown, path),
    mend() {
      // Processes with open files keep the dead file system there, so a copy is mounted anew.
      const copy = `${image}+`
      run('cp', image, copy)
      run('umount', '--lazy', path)
      image = copy
      mount()
    },
    remove() {
      run('umount', '--lazy', path)
      rmSync(home, { recursive: true })
    },
  }
}
