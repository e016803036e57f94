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
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { textOrEmpty } from '../../ground/text-file.ts'
import { ending, messages, readUntil } from '../contract/fixture.contract.ts'
import type { AttemptSpec, Driver } from '../driver.ts'
import { relativePath } from './attempt-places.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { createProcessDriver } from './process-driver.ts'

const isRoot = process.getuid?.() === 0
/** Of this process alone: tests of others run on the same machine. */
const firstUid = 1_900_100_000 + (process.pid % 100_000) * 8

let root: string
let dataDir: string
let driver: Driver
let serial = 0
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'openbatch-confinement-')))
  chmodSync(root, 0o711)
  dataDir = join(root, 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  driver = open()
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const name of await driver.list()) await driver.remove(name)
  await driver.close()
  rmSync(root, { recursive: true, force: true })
})

const open = (more: Partial<Parameters<typeof createProcessDriver>[0]> = {}) =>
  createProcessDriver({ dataDir, installationId: 'here', openDirectory: join(root, 'open'), firstUid, ...more })

function specOf(owner: string, script: string, more: Partial<AttemptSpec> = {}): AttemptSpec {
  return attemptSpec(`confined-${serial++}`, ['sh', '-c', script], { confinement: { owner, hostPaths: [] }, ...more })
}

const directoryOf = (name: string) => join(root, 'open/here/jobs', relativePath(name))
async function output(spec: AttemptSpec): Promise<string[]> {
  expect(await driver.start(spec)).toEqual({ kind: 'started' })
  return messages(driver, spec.name)
}
/** An attempt of that owner which has printed `ready` and waits. */
async function startWaiting(owner: string, script = ''): Promise<AttemptSpec> {
  const spec = specOf(owner, `${script}\necho ready; exec sleep 600`, { environment: { SECRET: 'hush-hush' } })
  expect(await driver.start(spec)).toEqual({ kind: 'started' })
  await readUntil(driver, spec.name, 'ready')
  return spec
}
/** The line that a script prints for each command: whether it succeeded. */
const tryAll = (commands: readonly string[]) =>
  commands
    .map((command, at) => `if ( ${command} ) >/dev/null 2>&1; then echo "${at} reached"; else echo "${at} refused"; fi`)
    .join('\n')

describe.runIf(isRoot)('a process job of an ordinary user, of a server that is root', () => {
  it('has an account of its own, one group, no rights and no way to gain any', async () => {
    const script = 'id -u; id -g; id -G; grep -E "^(NoNewPrivs|CapEff|CapPrm|CapAmb):" /proc/self/status | tr "\\t" " "'
    const rights = ['CapPrm: 0000000000000000', 'CapEff: 0000000000000000', 'CapAmb: 0000000000000000', 'NoNewPrivs: 1']
    const of = (uid: number) => [uid, uid, uid].map(String).concat(rights)
    expect(await output(specOf('ada', script))).toEqual(of(firstUid))
    expect(await output(specOf('bob', script))).toEqual(of(firstUid + 1))
    expect(await output(specOf('ada', script))).toEqual(of(firstUid))
    // By Node, for a name that no shell exports.
    expect(await output(specOf('bob', script, { environment: { 'a-b': '1' } }))).toEqual(of(firstUid + 1))
  })

  it('has directories of its own, in which its files are its account’s', async () => {
    const spec = specOf(
      'ada',
      'pwd; echo "$HOME"; echo "$TMPDIR"; touch "$HOME/made" "$TMPDIR/made" && echo made; exec sleep 600',
    )
    expect(await driver.start(spec)).toEqual({ kind: 'started' })
    const own = directoryOf(spec.name)
    const entries = await readUntil(driver, spec.name, 'made')
    expect(entries.map(({ message }) => message)).toEqual([
      ...['work', 'work', 'tmp'].map((it) => join(own, it)),
      'made',
    ])
    for (const file of ['work', 'tmp', 'work/made', 'tmp/made'])
      expect(statSync(join(own, file))).toMatchObject({ uid: firstUid, gid: firstUid })
    for (const directory of ['work', 'tmp']) expect(statSync(join(own, directory)).mode & 0o777).toBe(0o700)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    await driver.remove(spec.name)
    expect(existsSync(own)).toBe(false)
    expect(await driver.list()).toEqual([])
    expect(readdirSync(join(root, 'open/here/aside'))).toEqual([])
  })

  it('reaches no other job, no file and no process of the server', async () => {
    const other = await startWaiting('bob', 'echo private > "$HOME/secret"; echo $$ > "$HOME/pid"')
    const own = directoryOf(other.name)
    const pid = readFileSync(join(own, 'work/pid'), 'utf8').trim()
    writeFileSync(join(dataDir, 'users.json'), '{}', { mode: 0o644 })
    const mine = join(dataDir, 'process/attempts')
    const commands = [
      `ls ${own}/work`,
      `cat ${own}/work/secret`,
      `ls ${own}`,
      `touch ${own}/made`,
      `ls ${join(root, 'open/here/jobs')}`,
      `ls ${join(root, 'open/here/aside')}`,
      `touch ${join(root, 'open/here/made')}`,
      `mv ${own} ${own}-gone`,
      `cat /proc/${pid}/environ`,
      `ls /proc/${pid}/cwd/`,
      `ls /proc/${pid}/fd`,
      `cat /proc/${pid}/fd/1`,
      `head -c 1 /proc/${pid}/mem`,
      `kill -0 ${pid}`,
      `ls ${dataDir}`,
      `cat ${dataDir}/users.json`,
      `ls ${mine}`,
      `cat ${join(mine, relativePath(other.name), 'output')}`,
      `cat ${join(mine, relativePath(other.name), 'run')}`,
      `cat /proc/${process.pid}/environ`,
      `head -c 1 /proc/${process.pid}/mem`,
      `ls /proc/${process.pid}/fd`,
      `ls /proc/${process.pid}/cwd/`,
      `kill -0 ${process.pid}`,
      'kill -0 $PPID',
      'cat /proc/$PPID/environ',
      'cat < /proc/self/fd/9',
      'cat /etc/shadow',
      'setpriv --reuid=0 true',
      'unshare --mount true',
      'mount -t tmpfs none "$HOME"',
      'mknod "$HOME/disk" b 8 0',
      'chown 0 "$HOME"',
      'renice -n -5 $$',
      'echo 0 > /sys/fs/cgroup/cgroup.procs',
      'sh -c "ulimit -Hn unlimited"',
    ]
    const lines = await output(specOf('ada', `exec 9>&1\n${tryAll(commands)}`))
    expect(
      lines.filter((line) => !line.endsWith('refused')).map((line) => commands[Number.parseInt(line, 10)]),
    ).toEqual([])
    expect(lines).toHaveLength(commands.length)
  })

  it('shares nothing with the job of another user but what the machine gives to everybody', async () => {
    const volume = { kind: 'scratch', volume: 'v', containerPath: '/tmp', readOnly: false } as const
    const group = { name: 'task-1', ownAddress: false }
    const write = specOf('ada', 'echo hello > "$TMPDIR/note"; echo $TMPDIR', { group, mounts: [volume] })
    const [place = ''] = await output(write)
    const read = specOf('ada', 'cat "$TMPDIR/note"', { group, mounts: [volume] })
    expect(await output(read)).toEqual(['hello'])
    expect(await output(specOf('bob', tryAll([`cat ${place}/note`, `ls ${place}`])))).toEqual([
      '0 refused',
      '1 refused',
    ])
    for (const { name } of [write, read]) await driver.remove(name)
    expect(existsSync(place)).toBe(false)
  })

  it('ends with all its processes, those in sessions of their own too', async () => {
    const spec = await startWaiting(
      'ada',
      'setsid sh -c "trap : TERM; while :; do sleep 1; done" & (setsid sleep 601 &)',
    )
    const running = () =>
      readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .filter((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === firstUid)
        // What is dead and not yet collected is no process any more.
        .filter((pid) => !/^State:\s+Z/m.test(textOrEmpty(`/proc/${pid}/status`)))
    expect(running().length).toBeGreaterThanOrEqual(3)
    await driver.stop(spec.name, 0)
    expect((await ending(driver, spec.name)).exitCode).toBe(137)
    await expect.poll(running).toEqual([])
  })

  it('does not become another user of the machine, nor root', async () => {
    for (const user of ['root', '0', 'nobody', `${firstUid + 7}`, `${firstUid}:0`])
      expect(await driver.start(specOf('ada', 'true', { user }))).toEqual({
        kind: 'failed',
        reason: `CannotStartContainerError: the process driver runs the jobs of ada as ${firstUid}:${firstUid}, and not as ${user}`,
      })
    expect(await output(specOf('ada', 'id -u', { user: `${firstUid}` }))).toEqual([`${firstUid}`])
    expect(await driver.start(specOf('ada', 'true', { privileged: true }))).toMatchObject({ kind: 'failed' })
  })

  it('gets the host paths that are allowed, and is refused a link that leads elsewhere', async () => {
    const data = join(root, 'shared')
    mkdirSync(data)
    symlinkSync('/etc', join(data, 'link'))
    const confinement = { owner: 'ada', hostPaths: [{ path: data, readOnly: false }] }
    const mount = (path: string) => ({ kind: 'host', sourcePath: path, containerPath: path, readOnly: false }) as const
    expect(await output(specOf('ada', 'echo fine', { confinement, mounts: [mount(data)] }))).toEqual(['fine'])
    const linked = mount(join(data, 'link/openbatch'))
    expect(await driver.start(specOf('ada', 'true', { confinement, mounts: [linked] }))).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(/leads to \/etc\/openbatch, which is not among the host paths that are allowed/),
    })
    expect(existsSync('/etc/openbatch')).toBe(false)
  })

  it('has the account that the operator names, and no group of it', async () => {
    await driver.close()
    driver = open({ accounts: { ada: 'nobody', bob: 'root' } })
    expect(await output(specOf('ada', 'id -u; id -G'))).toEqual(['65534', '65534'])
    expect(await driver.start(specOf('bob', 'true'))).toMatchObject({ kind: 'failed', reason: /is root's/ })
  })

  it('is found and removed by the next server', async () => {
    const spec = await startWaiting('ada')
    await driver.close()
    driver = open()
    expect((await driver.inspect([spec.name])).get(spec.name)).toMatchObject({ kind: 'running' })
    await driver.remove(spec.name)
    expect(existsSync(directoryOf(spec.name))).toBe(false)
  })

  it('does not hinder a job of the server’s own user', async () => {
    expect(await output(attemptSpec(`free-${serial++}`, ['sh', '-c', 'id -u']))).toEqual(['0'])
    expect(existsSync(join(root, 'open'))).toBe(false)
  })

  it('leaves no directory behind when the last job is gone and the server ends', async () => {
    const spec = await startWaiting('ada')
    await driver.close()
    expect(existsSync(directoryOf(spec.name))).toBe(true)
    driver = open()
    await driver.remove(spec.name)
    await driver.close()
    driver = open()
    expect(readdirSync(root, { recursive: true }).filter((it) => String(it).startsWith('open'))).toEqual([])
  })

  it('runs as the server’s user where the operator says so', async () => {
    await driver.close()
    driver = open({ ordinaryUsers: 'serverAccount' })
    expect(await output(specOf('ada', 'id -u'))).toEqual(['0'])
  })
})

it('is not run by a server that is not root, which says so', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(4242)
  expect(await driver.start(specOf('ada', 'true'))).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(/does not run jobs of ordinary users, because the server is not root/),
  })
  expect(await driver.health()).toMatchObject({
    notes: expect.arrayContaining([expect.stringMatching(/does not run jobs of ordinary users/)]),
  })
})
