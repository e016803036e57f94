import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttemptSpec, MountSpec } from '../../src/drivers/driver.ts'
import { limits } from '../../src/model/limits.ts'
import {
  attempt,
  type DockerSetting,
  dockerSetting,
  finish,
  newInstallation,
  runAttempt,
  untilPrinted,
} from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'

/** What a container can do to its host, over a real engine. */
let engine: TestEngine
let setting: DockerSetting
let data: string
let secret: string

beforeAll(async () => {
  engine = await startEngine()
  setting = await dockerSetting(engine.socketPath)
  const root = await realpath(await mkdtemp(join(tmpdir(), 'openbatch-confinement-')))
  data = join(root, 'data')
  secret = join(root, 'secret')
  for (const directory of [join(data, 'ada'), join(data, 'shared'), secret]) await mkdir(directory, { recursive: true })
  await writeFile(join(secret, 'key'), 'the host’s key\n')
  await writeFile(join(data, 'shared/genome'), 'ACGT\n')
})
afterAll(async () => {
  await setting?.dispose()
  await engine?.stop()
  if (data) await rm(join(data, '..'), { recursive: true, force: true })
})

const mount = (sourcePath: string, readOnly = false): MountSpec => ({
  ...{ kind: 'host', sourcePath, containerPath: '/v', readOnly },
})
const confined = (name: string, script: string, more: Partial<AttemptSpec> = {}) =>
  attempt(name, script, {
    ...{ user: '1000:1000', ...more },
    confinement: {
      owner: 'ada',
      hostPaths: [
        { path: data, readOnly: false },
        { path: join(data, 'shared'), readOnly: true },
      ],
    },
  })
const status = 'grep -E "^(NoNewPrivs|Seccomp|CapEff):" /proc/self/status | tr -s "\t" " "'

describe('every container', () => {
  it('gains no rights by running, is filtered by the engine’s profile, and adds no capability', async () => {
    const driver = setting.driver()
    const { lines } = await runAttempt(driver, attempt('rights', status))
    expect(lines).toContain('NoNewPrivs: 1')
    expect(lines).toContain('Seccomp: 2')
    // Docker's own set, without NET_RAW: no SYS_ADMIN, SYS_MODULE, SYS_PTRACE and NET_ADMIN either.
    expect(lines).toContain('CapEff: 00000000a80405fb')
    const setuid =
      'cp /bin/busybox /tmp/id; chmod 6755 /tmp/id; ln -s /tmp/id /tmp/su; chroot --help >/dev/null 2>&1; setpriv --help >/dev/null 2>&1; id -u'
    expect((await runAttempt(driver, attempt('setuid', setuid, { user: '1000' }))).lines).toEqual(['1000'])
  })

  it('may gain rights where the job says so', async () => {
    const { lines } = await runAttempt(setting.driver(), attempt('gaining', status, { noNewPrivileges: false }))
    expect(lines).toContain('NoNewPrivs: 0')
    expect(lines).toContain('Seccomp: 2')
  })

  it('has a bound on its processes', async () => {
    const installationId = newInstallation()
    const driver = setting.driver({ installationId, pidsLimit: 20 })
    const bomb =
      'i=0; while [ $i -lt 40 ]; do (sleep 3 & ) 2>/dev/null || break; i=$((i + 1)); done; ls /proc | grep -c "^[0-9]"'
    const few = await runAttempt(driver, attempt('bomb', bomb))
    expect(few.lines.filter((line) => Number(line) > 20)).toEqual([])
    expect((await setting.container(installationId, 'bomb')).HostConfig).toMatchObject({ PidsLimit: 20 })
    const usual = newInstallation()
    const many = await runAttempt(setting.driver({ installationId: usual }), attempt('usual', bomb))
    expect(Number(many.lines.at(-1))).toBeGreaterThan(40)
    expect((await setting.container(usual, 'usual')).HostConfig).toMatchObject({
      PidsLimit: limits.pidsOfContainer,
      Privileged: false,
      CapAdd: null,
      PidMode: '',
      IpcMode: 'private',
      Devices: null,
    })
  })

  it('sees no process, no device and no kernel setting of the host', async () => {
    const attempts = [
      ...['mount -t tmpfs none /mnt', 'mknod /d b 8 0 && head -c 1 /d', 'echo 1 > /proc/sys/kernel/sysrq'],
      ...['echo b > /proc/sysrq-trigger', 'head -c 1 /proc/kcore', 'head -c 1 /dev/mem', 'dmesg', 'reboot -f'],
      ...['hostname other', 'unshare -m true', 'insmod /x', 'nsenter -t 1 -m true', 'chroot /proc/1/root true'],
      ...['ls /run/docker.sock', 'ls /var/run/docker.sock', `kill -0 ${process.pid}`, `cat ${secret}/key`],
      ...['echo 0 > /sys/fs/cgroup/memory/memory.limit_in_bytes', 'swapoff /dev/sda'],
    ]
    // `chroot /proc/1/root` leads back into the container, whose first process the job is.
    const script = attempts
      .filter((it) => !it.startsWith('chroot'))
      .map((command, at) => `if ( ${command} ) >/dev/null 2>&1; then echo "${at} reached"; fi`)
      .join('\n')
    const { lines } = await runAttempt(setting.driver(), attempt('reach', `${script}\necho done`))
    expect(lines).toEqual(['done'])
  })
})

describe('the job of an ordinary user', () => {
  it('gets the paths that are allowed, as its user', async () => {
    const { lines } = await runAttempt(
      setting.driver(),
      confined('allowed', 'cat /v/genome; touch /v/made 2>/dev/null || echo refused; id -u', {
        mounts: [mount(join(data, 'shared'), true)],
      }),
    )
    expect(lines).toEqual(['ACGT', 'refused', '1000'])
  })

  it('gets scratch space', async () => {
    const scratch = { kind: 'scratch', volume: 's', containerPath: '/tmp', readOnly: false } as const
    const { lines } = await runAttempt(
      setting.driver(),
      confined('scratch', 'echo fine > /tmp/file; cat /tmp/file', { mounts: [scratch] }),
    )
    expect(lines).toEqual(['fine'])
  })

  it('gets a file that the server supplies, and no other of its directory', async () => {
    const file = join(setting.dataDir, 'supplied-id')
    await writeFile(file, 'i-1')
    const supplied = { ...mount(file, true), isSupplied: true }
    const { lines } = await runAttempt(setting.driver(), confined('supplied', 'cat /v', { mounts: [supplied] }))
    expect(lines).toEqual(['i-1'])
    expect(await setting.driver().start(confined('asked', 'cat /v', { mounts: [mount(file, true)] }))).toMatchObject({
      kind: 'failed',
    })
  })

  it('is refused a directory that must exist and does not', async () => {
    const missing = { ...mount(join(data, 'ada/missing')), mustExist: 'ResourceInitializationError: no lab' }
    expect(await setting.driver().start(confined('missing', 'true', { mounts: [missing] }))).toEqual({
      kind: 'failed',
      reason: 'ResourceInitializationError: no lab',
    })
  })

  it('is refused a link that was made after it was submitted', async () => {
    const driver = setting.driver()
    const link = join(data, 'ada/link')
    const make = attempt('link', 'ln -s ../../secret /v/link; ln -s /run/docker.sock /v/socket; echo made; sleep 1', {
      mounts: [mount(join(data, 'ada'))],
    })
    await driver.start(make)
    await untilPrinted(driver, 'link', 'made')
    for (const [name, path] of Object.entries({ link, below: join(link, 'key'), socket: join(data, 'ada/socket') }))
      expect(await driver.start(confined(name, 'cat /v', { mounts: [mount(path)] }))).toEqual({
        kind: 'failed',
        reason: expect.stringMatching(/^CannotCreateContainerError: the host path .* leads /),
      })
    // The same without confinement shows that the link would lead there.
    const free = await runAttempt(driver, attempt('free', 'cat /v/key', { mounts: [mount(link)] }))
    expect(free.lines).toEqual(['the host’s key'])
    await finish(driver, 'link')
  })

  it('is refused the data directory of the server, whatever is allowed', async () => {
    await symlink(setting.dataDir, join(data, 'ada/server'))
    const spec = confined('server', 'true', { mounts: [mount(join(data, 'ada/server'))] })
    const all = { owner: 'ada', hostPaths: [{ path: '/', readOnly: false }] }
    expect(await setting.driver().start(spec)).toMatchObject({ kind: 'failed' })
    expect(await setting.driver().start({ ...spec, name: 'all', confinement: all })).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(/reaches files of the server/),
    })
  })
})
