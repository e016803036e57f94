/** A file system that never answers, as a network file system whose server is away: FUSE without a program behind it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'

/** Making one needs root and /dev/fuse. */
export const canHang = process.getuid?.() === 0 && existsSync('/dev/fuse')

const mounting =
  'exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0,allow_other hung "$1" && echo mounted && exec sleep 600'

/** Everything that waits for it gets an error once it is released. */
export async function hangAt(directory: string): Promise<() => Promise<void>> {
  mkdirSync(directory)
  const child: ChildProcess = spawn('sh', ['-c', mounting, 'sh', directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const mounted = new Promise<boolean>((resolve) => {
    child.stdout?.once('data', () => resolve(true))
    child.once('exit', () => resolve(false))
  })
  if (!(await mounted)) throw new Error('the file system cannot be mounted')
  return async () => {
    child.kill('SIGKILL')
    await ended
    spawnSync('umount', ['-l', directory])
  }
}
