/** Mounts of plain processes, in a mount namespace of the attempt's own. They need a server that is root. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ending, messages } from '../contract/fixture.contract.ts'
import type { AttemptSpec, Driver, MountSpec } from '../driver.ts'
import { isLabsOwn } from '../mount-point.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { findHostTools } from './host-tools.ts'
import { createProcessDriver } from './process-driver.ts'

const tools = findHostTools()
const canMount = typeof tools !== 'string' && tools.mounting !== undefined
/** Of this process alone: tests of others run on the same machine. */
const firstUid = 1_900_900_000 + (process.pid % 10_000) * 8
/** Not below /tmp, which some of the jobs cover. */
const home = '/var/tmp'

describe.skipIf(!canMount)('mounts of a plain process', () => {
  let directory: string
  let driver: Driver
  let serial = 0

  beforeEach(() => {
    directory = mkdtempSync(join(home, 'openbatch-mounts-'))
    chmodSync(directory, 0o711)
    const [dataDir, openDirectory] = [join(directory, 'data'), join(directory, 'open')]
    mkdirSync(dataDir)
    driver = createProcessDriver({ dataDir, openDirectory, firstUid, path: '/opt/lab/bin:/usr/bin:/bin' })
  })

  afterEach(async () => {
    for (const name of await driver.list()) await driver.remove(name)
    await driver.close()
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(directory)
    rmSync(directory, { recursive: true, force: true })
  })

  async function run(
    script: string,
    mounts: readonly MountSpec[],
    change: Partial<AttemptSpec> = {},
  ): Promise<string[]> {
    const name = `mounts-${serial++}`
    const outcome = await driver.start(attemptSpec(name, ['sh', '-c', script], { mounts, ...change }))
    if (outcome.kind === 'failed') return [outcome.reason]
    expect(outcome).toEqual({ kind: 'started' })
    await ending(driver, name)
    return messages(driver, name)
  }

  const host = (sourcePath: string, containerPath: string, more: object = {}) =>
    ({ kind: 'host', sourcePath, containerPath, readOnly: false, ...more }) as const
  const scratch = (volume: string, containerPath: string) =>
    ({ kind: 'scratch', volume, containerPath, readOnly: false }) as const
  const made = (name: string, text?: string) => {
    const path = join(directory, name)
    if (text === undefined) mkdirSync(path)
    else writeFileSync(path, text)
    return path
  }

  it('binds a host path under its own name read-only', async () => {
    const data = made('reference')
    const lines = await run(`touch ${data}/new || echo refused; echo own > own && cat own`, [
      host(data, data, { readOnly: true }),
    ])
    expect(lines).toEqual([expect.stringMatching(/Read-only file system/), 'refused', 'own'])
    expect(readdirSync(data)).toEqual([])
  })

  const isNodeBelowTmp = realpathSync(process.execPath).startsWith('/tmp/')
  it.skipIf(isNodeBelowTmp)('gives a job that mounts scratch space a /tmp of its own', async () => {
    const script = `ls -A /tmp; echo text > /tmp/own-${process.pid}; cat "$TMPDIR/own-${process.pid}"`
    for (const _ of [1, 2]) expect(await run(script, [scratch('v', '/cromwell_root')])).toEqual(['text'])
    expect(existsSync(`/tmp/own-${process.pid}`)).toBe(false)
  })

  it('leaves a job the machine’s /tmp, if it names something there', async () => {
    const shared = mkdtempSync('/tmp/openbatch-mounts-')
    try {
      const mounts = [scratch('v', '/cromwell_root'), host(shared, shared)]
      expect(await run(`cd ${shared} && touch found`, mounts)).toEqual([])
      expect(readdirSync(shared)).toEqual(['found'])
    } finally {
      rmSync(shared, { recursive: true, force: true })
    }
  })

  it('mounts scratch space at /tmp, which no other job sees', async () => {
    // A job whose own Node is below /tmp keeps that, and finds its scratch space by TMPDIR alone.
    const isCovered = realpathSync(process.execPath).startsWith('/tmp/')
    const file = isCovered ? '$TMPDIR/file' : '/tmp/file'
    const script = `ls -A "$(dirname "${file}")"; echo text > "${file}"; cat "$TMPDIR/file"`
    expect(await run(script, [scratch('v', '/tmp')])).toEqual(['text'])
    expect(await run(script, [scratch('v', '/tmp')])).toEqual(['text'])
    expect(existsSync('/tmp/file')).toBe(false)
  })

  it('mounts directories and single files under other names, and each volume once', async () => {
    const [tool, script] = [made('tool'), made('fetch.sh', 'echo fetched')]
    writeFileSync(join(tool, 'aws'), '')
    const at = (name: string) => join(directory, 'at', name)
    const list = `ls ${at('tool')}; sh ${at('deep/fetch.sh')}; echo x > ${at('one')}/x; ls ${at('two')} ${at('other')}`
    const lines = await run(list, [
      host(tool, at('tool'), { readOnly: true, isSupplied: true }),
      host(script, at('deep/fetch.sh')),
      ...[scratch('v', at('one')), scratch('v', at('two')), scratch('w', at('other'))],
    ])
    expect(lines).toEqual(['aws', 'fetched', `${at('other')}:`, `${at('two')}:`, 'x'])
    expect(readdirSync(at('one'))).toEqual([])
    // They are no directories of the lab's, which jobs that name them would mean.
    for (const name of ['tool', 'deep/fetch.sh', 'one', 'two'])
      expect({ name, isLabs: isLabsOwn(at(name)), mode: statSync(at(name)).mode & 0o7777 }).toEqual({
        ...{ name, isLabs: false, mode: 0 },
      })
    expect([isLabsOwn(tool), isLabsOwn(at('none'))]).toEqual([true, false])
    expect(readdirSync(join(directory, 'data/process/groups'))).toHaveLength(1)
  })

  it('keeps the variables of the job, whatever their names are', async () => {
    const environment = { 'a.b': 'dotted', PATH: '/usr/bin:/bin' }
    expect(await run("tr '\\0' '\\n' < /proc/$$/environ | grep a.b", [scratch('v', '/tmp')], { environment })).toEqual([
      'a.b=dotted',
    ])
  })

  it('makes no directory of a file system, and says which one is missing', async () => {
    const source = join(directory, 'fs/lab')
    const mustExist = 'ResourceInitializationError: mounting fs-1:/lab failed'
    for (const at of [source, join(directory, 'at')])
      expect(await run('echo ran', [host(source, at, { mustExist })])).toEqual([mustExist])
    expect(existsSync(source)).toBe(false)
    mkdirSync(source, { recursive: true })
    expect(await run('echo ran', [host(source, source, { mustExist })])).toEqual(['ran'])
  })

  it('searches programs where the operator says', async () => {
    expect(await run('echo "$PATH"', [])).toEqual(['/opt/lab/bin:/usr/bin:/bin'])
  })

  it('refuses to cover the system, and what the attempt itself needs', async () => {
    const reasons = [`/etc`, '/', directory, '/usr/bin'].map((path) => run('true', [host(made(`s${serial++}`), path)]))
    for (const [reason] of await Promise.all(reasons))
      expect(reason).toMatch(/^CannotStartContainerError: the process driver (mounts nothing at|cannot mount at) \//)
    symlinkSync('/etc', join(directory, 'link'))
    expect(await run('true', [scratch('v', join(directory, 'link'))])).toEqual([
      expect.stringContaining('which leads into the system'),
    ])
  })

  describe('of an ordinary user', () => {
    const confinement = (path: string) => ({ confinement: { owner: 'ada', hostPaths: [{ path, readOnly: false }] } })

    it('mounts what is granted, and lets no program gain rights', async () => {
      const data = made('granted')
      const at = made('at')
      const lines = await run(
        `ls -d ${at}; grep NoNewPrivs /proc/self/status`,
        [host(data, at), scratch('v', '/tmp')],
        {
          ...confinement(data),
          noNewPrivileges: false,
        },
      )
      expect(lines).toEqual([at, 'NoNewPrivs:\t1'])
    })

    it('makes no mount points of its own choice', async () => {
      const reason = (await run('true', [scratch('v', '/srv/of-ada')], confinement('/nothing')))[0]
      expect(reason).toContain('has no /srv/of-ada to mount at')
      expect(existsSync('/srv/of-ada')).toBe(false)
    })

    it('follows no link out of what is granted', async () => {
      const data = made('granted')
      symlinkSync('/etc', join(data, 'link'))
      const mounts = [host(join(data, 'link'), made('at'))]
      const [reason] = await run('true', mounts, confinement(data))
      expect(reason).toMatch(/^CannotStartContainerError: .*link leads to \/etc, which/)
    })
  })
})
