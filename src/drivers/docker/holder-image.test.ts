import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
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

const runsHere = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')

it.runIf(runsHere)('the program runs on this machine until it is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'openbatch-holder-'))
  try {
    const tar = holderTar(process.arch === 'x64' ? 'x86_64' : 'aarch64')
    writeFileSync(join(folder, 'holder.tar'), tar)
    execFileSync('tar', ['-xf', 'holder.tar'], { cwd: folder })
    const child = spawn(join(folder, 'hold'), [], { stdio: 'ignore' })
    await once(child, 'spawn')
    child.kill('SIGTERM')
    // A broken program, or one that ended by itself, would end differently.
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
