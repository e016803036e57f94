/**
 * One server for each data directory, closed to other accounts. If something makes it unusable, the
 * message names the file, the fault and the remedy.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CannotStart } from './cannot-start.ts'
import { holdDataDirectory } from './hold.ts'

let base: string
let dataDir: string
const mask = process.umask()
beforeEach(() => {
  process.umask(0o077)
  base = mkdtempSync(join(tmpdir(), 'openbatch-hold-'))
  dataDir = join(base, 'data')
})
afterEach(() => {
  process.umask(mask)
  rmSync(base, { recursive: true })
})

const root = process.getuid?.() === 0
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8)

function refusal(): CannotStart {
  try {
    holdDataDirectory(dataDir).release()
  } catch (error) {
    if (error instanceof CannotStart) return error
    throw error
  }
  throw new Error('it was held')
}

describe('holding it', () => {
  test('makes it, open only to the server’s user', () => {
    const held = holdDataDirectory(dataDir)
    expect(modeOf(dataDir)).toBe('700')
    for (const name of readdirSync(dataDir)) expect(modeOf(join(dataDir, name)), name).toBe('600')
    held.release()
  })

  test('admits no second server, even if the lock file was removed under the first', () => {
    const held = holdDataDirectory(dataDir)
    const text = `Another openbatch server is using the data directory ${dataDir}. Stop it, or name another directory with --data-dir.`
    expect(refusal()).toMatchObject({ message: text, exitCode: 2 })
    for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name))
    expect(refusal()).toMatchObject({ message: text, exitCode: 2 })
    held.release()
    holdDataDirectory(dataDir).release()
  })

  test('ends when the process is killed', async () => {
    const program = `
      import { holdDataDirectory } from ${JSON.stringify(new URL('./hold.ts', import.meta.url).href)}
      holdDataDirectory(${JSON.stringify(dataDir)})
      console.log('held')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(refusal().message).toContain('Another openbatch server')
    child.kill('SIGKILL')
    await once(child, 'exit')
    holdDataDirectory(dataDir).release()
  })

  test.skipIf(!root)('cannot be kept from the server by another account', () => {
    holdDataDirectory(dataDir).release()
    chmodSync(base, 0o711)
    chmodSync(dataDir, 0o711)
    for (const name of readdirSync(dataDir)) {
      const program = `require('fs').openSync(${JSON.stringify(join(dataDir, name))}, 'r')`
      const { stderr } = spawnSync(process.execPath, ['-e', program], { uid: 65534, encoding: 'utf8' })
      expect(stderr, name).toContain('EACCES')
    }
    const list = `require('fs').openSync(${JSON.stringify(dataDir)}, 'r')`
    expect(spawnSync(process.execPath, ['-e', list], { uid: 65534, encoding: 'utf8' }).stderr).toContain('EACCES')
  })
})

describe('modes and owners', () => {
  test('an empty directory is closed, whatever its mode was', () => {
    mkdirSync(dataDir)
    chmodSync(dataDir, 0o777)
    holdDataDirectory(dataDir).release()
    expect(modeOf(dataDir)).toBe('700')
  })

  test('a directory open to others is refused, with commands that mend it', () => {
    mkdirSync(join(dataDir, 'logs'), { recursive: true })
    mkdirSync(join(dataDir, 'process'))
    writeFileSync(join(dataDir, 'users.json'), '')
    writeFileSync(join(dataDir, 'notes of mine'), '')
    chmodSync(join(dataDir, 'notes of mine'), 0o644)
    chmodSync(join(dataDir, 'users.json'), 0o640)
    chmodSync(join(dataDir, 'logs'), 0o755)
    chmodSync(join(dataDir, 'process'), 0o711)
    chmodSync(dataDir, 0o777)
    const { message, exitCode } = refusal()
    expect(exitCode).toBe(2)
    const commands = message.split('\n').slice(1)
    expect(commands.map((line) => line.trim().split('   #'))).toEqual([
      [`chmod 0700 '${dataDir}'`, ' its mode is 0777'],
      [`chmod 0700 '${dataDir}/logs'`, ' its mode is 0755'],
      [`chmod 0600 '${dataDir}/users.json'`, ' its mode is 0640'],
    ])
    execFileSync('sh', ['-ec', commands.join('\n')])
    holdDataDirectory(dataDir).release()
  })

  test.skipIf(!root)('a directory of another account is refused, with commands that mend it', () => {
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'users.json'), '')
    chownSync(join(dataDir, 'users.json'), 65534, 65534)
    chownSync(dataDir, 65534, 65534)
    const commands = refusal().message.split('\n').slice(1)
    expect(commands.map((line) => line.trim())).toEqual([
      `chown 0 '${dataDir}'   # it belongs to uid 65534`,
      `chown 0 '${dataDir}/users.json'   # it belongs to uid 65534`,
    ])
    execFileSync('sh', ['-ec', commands.join('\n')])
    holdDataDirectory(dataDir).release()
  })
})

describe('what cannot be used', () => {
  test('a damaged lock: the message says that it may be removed', () => {
    holdDataDirectory(dataDir).release()
    writeFileSync(join(dataDir, 'lock.db'), 'x'.repeat(8192))
    const file = join(dataDir, 'lock.db')
    expect(refusal()).toMatchObject({
      message: `${file} is damaged. It holds nothing but a lock: remove it (rm '${file}') and start again.`,
      exitCode: 2,
    })
    rmSync(file)
    holdDataDirectory(dataDir).release()
  })

  test('a file in its place', () => {
    writeFileSync(dataDir, '')
    expect(refusal()).toMatchObject({
      message: `${dataDir} cannot be a directory: a part of the path is something else. Name another directory with --data-dir.`,
      exitCode: 2,
    })
  })

  describe.skipIf(!root)('a disk', () => {
    const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'openbatch-test', dataDir])
    beforeEach(() => {
      mkdirSync(dataDir)
      mount('size=1m,mode=0700')
    })
    afterEach(() => execFileSync('umount', [dataDir]))

    test('that is full', () => {
      holdDataDirectory(dataDir).release()
      expect(() => writeFileSync(join(dataDir, 'filler'), Buffer.alloc(2 * 1024 * 1024))).toThrow('ENOSPC')
      const { message, exitCode } = refusal()
      expect(message).toMatch(/^\S+ cannot be written: the disk is full\. Make room on its file system\.$/)
      expect(exitCode).toBe(74)
      rmSync(join(dataDir, 'filler'))
      holdDataDirectory(dataDir).release()
    })

    test('that is read-only', () => {
      mount('remount,ro')
      const { message, exitCode } = refusal()
      expect(message).toMatch(/^\S+ cannot be written: its file system is read-only\. Mount it for writing;/)
      expect(exitCode).toBe(74)
    })
  })
})
