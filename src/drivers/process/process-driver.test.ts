import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ending, messages, observe, readUntil } from '../contract/fixture.contract.ts'
import { makeSharedDirectory, type SharedDirectory } from '../contract/shared-directory.contract.ts'
import { nodeNetwork } from '../contract/shell-network.contract.ts'
import { shellScript } from '../contract/shell-steps.contract.ts'
import { exerciseDriver } from '../driver.contract.ts'
import type { AttemptSpec, Driver } from '../driver.ts'
import { relativePath } from './attempt-places.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { openCgroups } from './cgroups.ts'
import { makeHostDirectory } from './host-directory.ts'
import { signal } from './identity.ts'
import { createProcessDriver } from './process-driver.ts'

const probe = openCgroups(`openbatch-probe-${process.pid}`)
const hasCgroups = probe.listsProcesses
probe.close()
const noCgroups = 'this machine does not let this user make memory cgroups'

exerciseDriver({
  make: async () => {
    const dataDir = temporaryDirectory()
    const shared = makeSharedDirectory()
    return {
      open: async () => createProcessDriver({ dataDir }),
      spec(name, steps) {
        shared.prepare(steps)
        return attemptSpec(name, [
          'sh',
          '-c',
          shellScript({ name, steps, sharedDirectory: shared.path, network: nodeNetwork }),
        ])
      },
      impossible: (name) => attemptSpec(name, ['no-such-program-anywhere']),
      openGate: shared.openGate,
      runs: shared.runs,
      loseHost: async () => killAllOf(dataDir),
      async dispose() {
        shared.dispose()
        rmSync(dataDir, { recursive: true, force: true })
      },
    }
  },
  skip: [
    {
      reason: 'a process has nothing to wait for',
      cases: ['start: says why it is still pending, and can be stopped meanwhile'],
    },
    {
      reason: 'the engine is the machine itself: it cannot be away',
      cases: [
        'away: every call reports it, and work continues when the engine is back',
        'away: a reader in the middle of the output gets DriverUnavailable',
        'start: a lost reply is unknown, and the next call adopts',
      ],
    },
    {
      reason: 'a process has no mounts; the driver refuses them',
      cases: [
        'scratch: mounts of one volume share it, and it is removed with the attempt',
        'group: parts share their scratch by volume, and with no other group',
        'group: its scratch is removed with its last part, not before',
      ],
    },
    {
      reason: 'all processes share the machine’s one network: its address is every group’s',
      cases: ['group: two groups with their own addresses listen on one port and reach one another'],
    },
    ...(hasCgroups
      ? []
      : [{ reason: noCgroups, cases: ['memory: exceeding the limit ends the attempt as out of memory'] as const }]),
  ],
})

/**
 * Kills all processes of a driver's attempts as a machine that goes down does: first those that
 * would record it.
 */
function killAllOf(dataDir: string): void {
  const told = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(dataDir)
    } catch {
      return false
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
  for (const pid of pids.filter((it) => told(it, 'cmdline'))) signal(Number(pid), 'SIGKILL')
  for (const pid of pids.filter((it) => told(it, 'environ'))) signal(Number(pid), 'SIGKILL')
}

describe('process driver', () => {
  let dataDir: string
  let driver: Driver
  let shared: SharedDirectory
  let serial = 0
  beforeAll(() => {
    shared = makeSharedDirectory()
  })
  afterAll(() => shared.dispose())
  beforeEach(() => {
    dataDir = temporaryDirectory()
    driver = createProcessDriver({ dataDir })
  })
  afterEach(async () => {
    for (const name of await driver.list()) await driver.remove(name)
    await driver.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const run = async (command: string[], change: Partial<AttemptSpec> = {}) => {
    const name = `own-${serial++}`
    expect(await driver.start(attemptSpec(name, command, change))).toEqual({ kind: 'started' })
    return name
  }
  const outputOf = async (command: string[], change: Partial<AttemptSpec> = {}) =>
    messages(driver, await run(command, change))

  it('passes nothing of the server to the attempt: no open files, no environment, no session', async () => {
    expect(await outputOf(['sh', '-c', 'ls /proc/$$/fd'])).toEqual(['0', '1', '2', ...inherited()])
    const variables = (await outputOf(['env'])).map((line) => line.split('=')[0]).sort()
    expect(variables).toEqual(['HOME', 'PATH', 'TMPDIR'])
    const [stat = ''] = await outputOf(['sh', '-c', 'read -r line < /proc/$$/stat; echo "$line"'])
    const [pid, , , , group, session] = stat.split(' ')
    expect([group, session]).toEqual([pid, pid])
  })

  it('passes names that no shell accepts, and names that shells reserve', async () => {
    const environment = { 'a.b': '1', 'c-d': "it's", PPID: '7', OPTIND: 'x', PWD: '/somewhere', BASH_ENV: '/none' }
    const lines = await outputOf(['env'], { environment })
    for (const [name, value] of Object.entries(environment)) expect(lines).toContain(`${name}=${value}`)
  })

  it.each(['OPTIND', '-S', 'a b'])('passes %s whatever else the job asks for', async (odd) => {
    const isRoot = process.getuid?.() === 0
    const environment = { [odd]: 'x', PLAIN: '1' }
    const ulimits = [{ name: 'nofile', softLimit: 100, hardLimit: 200 }]
    const change = { environment, ulimits, noNewPrivileges: true, ...(isRoot ? { user: '12345:54321' } : {}) }
    const lines = await outputOf(['env'], change)
    for (const [name, value] of Object.entries(environment)) expect(lines).toContain(`${name}=${value}`)
    const print =
      'id -u; id -g; ulimit -Sn; ulimit -Hn; pwd; grep -E "NoNewPrivs|SigIgn|SigBlk" /proc/self/status; umask'
    // Bash, because dash ends when OPTIND has a value that it rejects.
    const facts = await outputOf(['bash', '-c', `${print}; ls /proc/$$/fd; cat; exit 5`], change)
    const [uid, gid] = isRoot ? ['12345', '54321'] : [String(process.getuid?.()), String(process.getgid?.())]
    const quiet = `${'0'.repeat(16)}`
    expect(facts.slice(0, 9)).toEqual([
      ...[uid, gid, '100', '200', expect.stringMatching(/\/work$/)],
      ...[`SigBlk:\t${quiet}`, `SigIgn:\t${quiet}`, 'NoNewPrivs:\t1', '0022'],
    ])
    expect(facts.slice(9).filter((fd) => !inherited().includes(fd))).toEqual(['0', '1', '2'])
  })

  it('says why odd names and a limit that cannot be set do not start', async () => {
    const ulimits = [{ name: 'nofile', softLimit: 4_000_000_000, hardLimit: 4_000_000_000 }]
    const outcome = await driver.start(attemptSpec('odd-limit', ['true'], { environment: { 'a.b': '1' }, ulimits }))
    const reason = expect.stringMatching(/^CannotStartContainerError: prlimit: failed to set the NOFILE resource limit/)
    expect(outcome).toEqual({ kind: 'failed', reason })
    expect(await observe(driver, 'odd-limit')).toMatchObject({ kind: 'exited', reason })
  })

  it.skipIf(process.getuid?.() !== 0)(
    'passes the environment of another user’s job to no program of the server’s user',
    async () => {
      const environment = { LD_PRELOAD: '/no/such/library.so' }
      for (const odd of [{}, { 'odd.name': 'x' }] as Record<string, string>[]) {
        const lines = await outputOf(['sh', '-c', 'echo done'], {
          environment: { ...environment, ...odd },
          user: '12345',
        })
        // One complaint, from the job's own shell.
        expect(lines).toEqual([expect.stringContaining('library.so'), 'done'])
      }
    },
  )

  it.skipIf(process.getuid?.() !== 0)('does not start a program that the job’s user may not run', async () => {
    const program = join(dataDir, 'closed-program')
    writeFileSync(program, '#!/bin/sh\n')
    chmodSync(program, 0o700)
    for (const environment of [{}, { 'odd.name': 'x' }] as Record<string, string>[]) {
      const outcome = await driver.start(attemptSpec(`closed-${serial++}`, [program], { user: '12345', environment }))
      const reason = `CannotStartContainerError: exec: "${program}": permission denied`
      expect(outcome).toEqual({ kind: 'failed', reason })
    }
  })

  it('runs in a directory of its own, with a TMPDIR of its own', async () => {
    const [home, temporary] = await outputOf(['sh', '-c', 'pwd; echo "$TMPDIR"; echo "$HOME" >&2'])
    expect(home).toMatch(/\/work$/)
    expect(temporary).toMatch(/\/tmp$/)
  })

  it('leaves the signals at their defaults', async () => {
    const [line = ''] = await outputOf(['sh', '-c', 'grep SigIgn /proc/self/status'])
    expect(line).toMatch(/SigIgn:\s+0+$/)
  })

  it('a job that signals its own group does not reach the shim', async () => {
    const name = await run(['sh', '-c', 'kill -9 0'])
    expect(await ending(driver, name)).toMatchObject({ exitCode: 137, outOfMemory: false })
  })

  it.skipIf(!hasCgroups)('ends processes that left the session, too', async () => {
    const name = await run(['sh', '-c', 'setsid sleep 1000 & echo $!; exit 3'])
    const [pid] = await messages(driver, name)
    expect(await ending(driver, name)).toMatchObject({ exitCode: 3 })
    await expect.poll(() => isRunning(Number(pid))).toBe(false)
  })

  it('shows the next attempt nothing of the previous one', async () => {
    const secret = 'x'.repeat(3000)
    const first = await run(['sh', '-c', 'echo of the first'], { environment: { SECRET: secret } })
    expect(await messages(driver, first)).toEqual(['of the first'])
    await driver.remove(first)
    const second = await run(['sh', '-c', `cat ${dataDir}/process/attempts/*/*/*; ls -A . "$TMPDIR" ..`])
    const all = (await messages(driver, second)).join('\n')
    expect(all).toMatch(/\nbegun\n[\s\S]*\n..:\ntmp\nwork\n/)
    expect(all).not.toContain('xxxx')
    expect(all).not.toContain('of the first')
  })

  it('keeps secrets from other users, and leaves no file with them once the attempt is removed', async () => {
    const secret = { environment: { TOKEN: 'hush-hush' }, secretNames: ['TOKEN'] }
    const name = await run(['sh', '-c', 'echo "<$TOKEN>"'], secret)
    expect(await messages(driver, name)).toEqual(['<hush-hush>'])
    expect(filesWith('hush-hush', join(dataDir, 'process'))).toHaveLength(2)
    await driver.remove(name)
    expect(filesWith('hush-hush', join(dataDir, 'process'))).toEqual([])
  })

  it('gives the parts of a group one TMPDIR for each volume, removed with the last part', async () => {
    const group = { name: 'task', ownAddress: false }
    const change = (volume: string) => ({
      ...{ group, mounts: [{ kind: 'scratch', volume, containerPath: '/tmp', readOnly: false } as const] },
    })
    const first = await run(
      ['sh', '-c', 'echo text > "$TMPDIR/file"; stat -c %a "$TMPDIR"; echo "$TMPDIR"'],
      change('v'),
    )
    const [mode, directory = ''] = await messages(driver, first)
    expect(mode).toBe('1777')
    const second = await run(['sh', '-c', 'cat "$TMPDIR/file"; mkdir "$TMPDIR/a"; chmod 0 "$TMPDIR/a"'], change('v'))
    const third = await run(['sh', '-c', 'ls -A "$TMPDIR"'], change('other volume'))
    expect([await messages(driver, second), await messages(driver, third)]).toEqual([['text'], []])
    await driver.remove(first)
    await driver.remove(third)
    expect(existsSync(directory)).toBe(true)
    await driver.remove(second)
    expect(readdirSync(join(dataDir, 'process/groups'))).toEqual([])
  })

  it.skipIf(process.getuid?.() !== 0)('shares a group’s TMPDIR between users', async () => {
    const group = { name: 'task', ownAddress: false }
    const mounts = [{ kind: 'scratch', volume: 'v', containerPath: '/tmp', readOnly: false } as const]
    const first = await run(['sh', '-c', 'echo text > "$TMPDIR/file"'], { group, mounts, user: '12345' })
    await ending(driver, first)
    expect(await outputOf(['cat', 'file'], { group, mounts })).toEqual([expect.stringContaining('No such file')])
    expect(await outputOf(['sh', '-c', 'cat "$TMPDIR/file"'], { group, mounts, user: '23456' })).toEqual(['text'])
  })

  it('removes a large output piece by piece, and does other work in between', async () => {
    const name = await run(['echo', 'little'])
    await ending(driver, name)
    truncateSync(join(dataDir, 'process/attempts', relativePath(name), 'output'), 400 * 1024 * 1024)
    let turns = 0
    const turn = () => {
      turns++
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    await driver.remove(name)
    clearImmediate(next)
    expect(turns).toBeGreaterThan(8)
    expect(readdirSync(join(dataDir, 'process/aside')).filter((entry) => entry.includes('tree'))).toEqual([])
  })

  it('reuses only directories that no job has touched in any way', async () => {
    // Another directory may get the same inode number, but not the same time of birth.
    const directoryOf = async (script: string) => {
      const name = await run(['sh', '-c', `stat -c '%i %w' .; ${script}`])
      const [directory = ''] = await messages(driver, name)
      await driver.remove(name)
      return directory
    }
    const seen = new Set<string>()
    const untilReused = (script: string) =>
      expect.poll(async () => {
        const directory = await directoryOf(script)
        const isReused = seen.has(directory)
        seen.add(directory)
        return isReused && directory
      })
    await untilReused('true').toBeTruthy()
    for (const script of ['touch file; rm file', 'chmod 755 .; chmod 700 .', 'rmdir ../tmp; mkdir -m 700 ../tmp']) {
      const touched = new Set<string>()
      await expect
        .poll(async () => {
          const directory = await directoryOf(script)
          touched.add(directory)
          return seen.has(directory)
        })
        .toBe(true)
      for (let round = 0; round < 10; round++) expect(touched).not.toContain(await directoryOf('true'))
      await untilReused('true').toBeTruthy()
    }
  })

  it('removes everything that a job left, even what it made unwritable', async () => {
    const name = await run(['sh', '-c', 'mkdir -p a/b; echo text > a/b/file; chmod 500 a/b a; chmod 500 .; pwd'])
    const [work = ''] = await messages(driver, name)
    expect(existsSync(work)).toBe(true)
    await driver.remove(name)
    expect(existsSync(work)).toBe(false)
  })

  it('continues reading when a job truncates its own output', async () => {
    const [first, second] = [`cut-1-${serial}`, `cut-2-${serial++}`]
    shared.prepare([{ waitFor: first }, { waitFor: second }])
    const wait = (gate: string) => `read line < ${shared.path}/gate-${gate}`
    const name = await run([
      'sh',
      '-c',
      `echo before; ${wait(first)}; echo cut > /dev/stdout; ${wait(second)}; echo end`,
    ])
    const read = await readUntil(driver, name, 'before')
    await shared.openGate(first)
    read.push(...(await readUntil(driver, name, 'cut', read.at(-1)!.cursor)))
    await shared.openGate(second)
    read.push(...(await readUntil(driver, name, 'end', read.at(-1)!.cursor)))
    expect(read.map((entry) => entry.message)).toEqual(['before', 'cut', 'end'])
  })

  it('sets the limits of the job', async () => {
    const ulimits = [{ name: 'nofile', softLimit: 100, hardLimit: 200 }]
    expect(await outputOf(['sh', '-c', 'ulimit -Sn; ulimit -Hn'], { ulimits })).toEqual(['100', '200'])
  })

  it.skipIf(process.getuid?.() !== 0)('runs as the user the job names', async () => {
    const lines = await outputOf(['sh', '-c', 'id -u; id -g; pwd; echo text > file && cat file'], {
      user: '12345:54321',
    })
    expect(lines).toEqual(['12345', '54321', expect.stringMatching(/\/work$/), 'text'])
  })

  it.skipIf(process.getuid?.() !== 0)('lets another user read what vouches for the server', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'openbatch-trust-'))
    const trustFile = join(closed, 'trust.pem')
    writeFileSync(trustFile, 'vouched for', { mode: 0o600 })
    const read = ['sh', '-c', 'cat "$AWS_CA_BUNDLE"; echo; cp "$AWS_CA_BUNDLE" own && echo >> "$AWS_CA_BUNDLE"']
    const lines = await outputOf(read, { user: '12345', trustFile })
    expect(lines).toEqual(['vouched for', expect.stringContaining('trust-')])
    expect(readFileSync(trustFile, 'utf8')).toBe('vouched for')
    rmSync(closed, { recursive: true })
  })

  it.skipIf(process.getuid?.() !== 0)('does not run as another user where that user could not enter', async () => {
    const below = createProcessDriver({ dataDir: join(dataDir, 'closed', 'data') })
    chmodSync(join(dataDir, 'closed'), 0o700)
    const outcome = await below.start(attemptSpec('closed', ['true'], { user: '12345' }))
    await below.close()
    expect(outcome).toEqual({
      kind: 'failed',
      reason: `CannotStartContainerError: the process driver cannot run a job as 12345: ${join(dataDir, 'closed')} is closed to others`,
    })
  })

  it.skipIf(process.getuid?.() !== 0)(
    'opens the data directory for passing through only for a job that runs as another user',
    async () => {
      const mode = () => (statSync(dataDir).mode & 0o7777).toString(8)
      await outputOf(['true'])
      expect(mode()).toBe('700')
      const list = `ls ${dataDir} 2>/dev/null || echo closed`
      expect(await outputOf(['sh', '-c', list], { user: '12345' })).toEqual(['closed'])
      expect(mode()).toBe('711')
    },
  )

  it('makes a missing directory of the host open to every user, whatever the umask', async () => {
    const source = join(dataDir, 'made', 'for-all')
    const mask = process.umask(0o077)
    try {
      makeHostDirectory(source)
    } finally {
      process.umask(mask)
    }
    expect([dirname(source), source].map((path) => statSync(path).mode & 0o777)).toEqual([0o755, 0o755])
  })

  it('cannot say whether an attempt started when its files cannot be written', async () => {
    rmSync(join(dataDir, 'process'), { recursive: true })
    writeFileSync(join(dataDir, 'process'), '')
    expect(await driver.start(attemptSpec('full', ['true']))).toMatchObject({ kind: 'unknown' })
    rmSync(join(dataDir, 'process'))
    await driver.close()
    driver = createProcessDriver({ dataDir })
    const name = await run(['true'])
    expect(await observe(driver, name)).toMatchObject({ kind: expect.stringMatching(/running|exited/) })
  })
})

/**
 * Open files that this process inherited and therefore passes on. The server's own files close on
 * exec.
 */
function inherited(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    if (Number(fd) < 3 || !existsSync(`/proc/self/fdinfo/${fd}`)) return false
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
    return (Number.parseInt(flags?.[1] ?? '0', 8) & closeOnExec) === 0
  })
}

const closeOnExec = 0o2000000

/** Files below the directory that contain the text. */
function filesWith(text: string, directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'latin1').includes(text))
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'openbatch-process-'))
}
