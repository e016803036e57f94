import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { holderTar } from './holder-image.ts'

it('is a tar of one executable', () => {
  for (const machine of ['x86_64', 'aarch64', 'amd64', 'arm64']) {
    const listing = execFileSync('tar', ['-tvf', '-'], { input: holderTar(machine), encoding: 'utf8' })
    expect(listing).toMatch(/^-rwxr-xr-x .* hold\n$/)
  }
  expect(() => holderTar('riscv64')).toThrow('riscv64')
})

const isRoot = process.getuid?.() === 0
/** Others may not make a network everywhere. */
const runsHere = isRoot && process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')

it.runIf(runsHere)('the program makes the metadata unreachable in its network, and runs until it is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openbatch-holder-'))
  try {
    const tar = holderTar(process.arch === 'x64' ? 'x86_64' : 'aarch64')
    writeFileSync(join(folder, 'holder.tar'), tar)
    execFileSync('tar', ['-xf', 'holder.tar'], { cwd: folder })
    // In a network of its own, because it changes the routes where it may.
    const command = `${join(folder, 'hold')} & hold=$!
      for try in 1 2 3 4 5 6 7 8 9 10; do
        busybox ip route | grep unreachable && break; busybox usleep 100000
      done
      kill "$hold"; wait "$hold"`
    const made = spawnSync('unshare', ['--net', 'sh', '-c', command])
    // A broken program, or one that ended by itself, would end differently.
    expect([made.stdout.toString(), made.status]).toEqual(['unreachable 169.254.169.254 \n', 128 + 15])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
