import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngineClient } from '../../src/drivers/docker/engine-client.ts'
import { emptyByContainer } from '../../src/drivers/docker/scratch.ts'
import { thisMachine } from '../../src/drivers/local-machine.ts'
import { baseRootTar, importImage } from './base-image.ts'
import {
  attempt,
  type DockerSetting,
  dockerSetting,
  entriesOf,
  finish,
  newInstallation,
  runAttempt,
  untilPrinted,
} from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { callEngine, engineJson } from './engine-http.ts'

/**
 * What only the Docker driver does, over a real engine: containers' settings, networks, ownership,
 * odd images and output.
 */
let engine: TestEngine
let setting: DockerSetting

beforeAll(async () => {
  engine = await startEngine()
  setting = await dockerSetting(engine.socketPath)
})
afterAll(async () => {
  await setting?.dispose()
  await engine?.stop()
})

describe('settings', () => {
  it('gives every setting of an attempt to its container', async () => {
    const installationId = newInstallation()
    const driver = setting.driver({ installationId })
    await mkdir(join(setting.dataDir, 'cli/bin'), { recursive: true })
    await writeFile(join(setting.dataDir, 'cli/bin/aws'), 'the cli\n')
    const made = join(setting.dataDir, 'made/for it')
    const spec = attempt(
      'settings',
      'exec 2>&1; cat /cli/aws; ulimit -n; for d in /dev/shm /t; do df -m $d | grep -o " 6[45] " | head -n 1; done; id -u; touch /x; ls -d /made',
      {
        ...{ user: '1000:1000', readonlyRootFilesystem: true, vcpus: 2, memoryMib: 100 },
        ulimits: [{ name: 'nofile', softLimit: 1234, hardLimit: 2345 }],
        mounts: [
          { kind: 'host', sourcePath: join(setting.dataDir, 'cli/bin'), containerPath: '/cli', readOnly: true },
          { kind: 'host', sourcePath: made, containerPath: '/made', readOnly: false },
        ],
        linux: {
          ...{ initProcessEnabled: false, sharedMemorySizeMib: 64, maxSwapMib: 20, swappiness: 30 },
          devices: [{ hostPath: '/dev/null', containerPath: '/dev/nothing', permissions: 'rw' }],
          tmpfs: [{ containerPath: '/t', sizeMib: 65, mountOptions: ['rw', 'noexec'] }],
        },
        labels: { team: 'blue', 'openbatch.attempt': 'not this' },
      },
    )
    const { lines, end } = await runAttempt(driver, spec)
    expect(lines).toEqual(['the cli', '1234', ' 64 ', ' 65 ', '1000', 'touch: /x: Read-only file system', '/made'])
    expect(end).toMatchObject({ kind: 'exited', exitCode: 0 })
    expect(existsSync(made)).toBe(true)
    const { HostConfig, Config } = await setting.container(installationId, 'settings')
    const mib = 1024 * 1024
    expect(HostConfig).toMatchObject({
      ...{ Memory: 100 * mib, MemorySwap: 120 * mib, CpuShares: 2048, NanoCpus: 0, ReadonlyRootfs: true },
      Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'rw' }],
    })
    expect(Config.Labels).toMatchObject({ team: 'blue', 'openbatch.attempt': 'settings' })
  })

  it('limits CPUs where the limit is hard, at most to what the host has', async () => {
    const installationId = newInstallation()
    const driver = setting.driver({ installationId })
    for (const vcpus of [0.25, 1000]) {
      await runAttempt(driver, attempt(`cpu${vcpus}`, 'true', { vcpus, cpuIsHardLimit: true, memoryMib: 4 }))
    }
    const { NCPU } = (await engineJson(engine.socketPath, 'GET', '/info')) as { NCPU: number }
    expect((await setting.container(installationId, 'cpu0.25')).HostConfig.NanoCpus).toBe(250_000_000)
    expect((await setting.container(installationId, 'cpu1000')).HostConfig.NanoCpus).toBe(NCPU * 1e9)
  })

  it('keeps the image’s ENTRYPOINT unless another is requested, its USER and WORKDIR, and passes the command as CMD', async () => {
    const root = await baseRootTar()
    const changes = ['ENTRYPOINT ["/bin/echo", "entry"]', 'USER nobody', 'WORKDIR /home', 'CMD ["own"]']
    await importImage(engine.socketPath, root, 'entry:local', changes)
    await importImage(engine.socketPath, root, 'nobody:local', ['USER nobody', 'WORKDIR /home'])
    const driver = setting.driver()
    const image = 'entry:local'
    expect((await runAttempt(driver, attempt('e1', '', { image, command: [] }))).lines).toEqual(['entry own'])
    expect((await runAttempt(driver, attempt('e2', '', { image, command: ['a', 'b c'] }))).lines).toEqual([
      'entry a b c',
    ])
    const other = { image, entryPoint: ['/bin/echo', 'other'] }
    expect((await runAttempt(driver, attempt('o1', '', { ...other, command: [] }))).lines).toEqual(['other'])
    expect((await runAttempt(driver, attempt('o2', '', { ...other, command: ['a'] }))).lines).toEqual(['other a'])
    const { lines } = await runAttempt(driver, attempt('e3', 'id -un; pwd', { image: 'nobody:local' }))
    expect(lines).toEqual(['nobody', '/home'])
  })

  it('accepts a command of 20 kB', async () => {
    const text = 'x'.repeat(20_000)
    expect((await runAttempt(setting.driver(), attempt('long', `echo ${text}`))).lines).toEqual([text])
  })
})

it('offers no more than the server has descriptors for, and says so', async () => {
  const health = await setting.driver({ vcpus: 1_000_000_000 }).health()
  if (health.kind !== 'healthy') throw new Error(health.why)
  const { vcpus } = health.hosts[0]!
  expect(vcpus).toBeLessThan(1_000_000_000)
  expect(health.notes.at(-1)).toMatch(new RegExp(`^${vcpus} of 1000000000 vCPUs are offered: .* file descriptors`))
})

describe('scratch', () => {
  it('is made in the place that is set, and removed from the place before', async () => {
    const scratchHome = join(setting.dataDir, 'other-disk')
    const installationId = newInstallation()
    const mounts = [{ kind: 'scratch', volume: '/docker_scratch', containerPath: '/tmp', readOnly: false } as const]
    const write = (name: string) => attempt(name, 'echo fine > /tmp/file; cat /tmp/file', { mounts, user: '4711' })
    const before = setting.driver({ installationId })
    await runAttempt(before, write('earlier'))
    const driver = setting.driver({ installationId, scratchHome })
    expect((await runAttempt(driver, write('later'))).lines).toEqual(['fine'])
    const there = async (home: string) => (await readdir(join(home, 'scratch'))).filter((name) => name !== '.aside')
    expect([await there(setting.dataDir), await there(scratchHome)]).toEqual([['earlier'], ['later']])
    expect((await driver.list()).toSorted()).toEqual(['earlier', 'later'])
    expect(await driver.diskPeak('later')).toBeGreaterThan(0)
    for (const name of ['earlier', 'later']) await driver.remove(name)
    expect([await there(setting.dataDir), await there(scratchHome)]).toEqual([[], []])
  })

  it('is open to any user, and is removed with its attempt', async () => {
    const driver = setting.driver()
    const mounts = [{ kind: 'scratch', volume: '../v', containerPath: '/tmp', readOnly: false } as const]
    const script = 'stat -c %a /tmp; mkdir -p /tmp/a/b; echo x > /tmp/a/b/c; chmod 000 /tmp/a'
    const { lines } = await runAttempt(driver, attempt('scratchy', script, { mounts, user: '4711' }))
    expect(lines).toEqual(['1777'])
    const there = async () => (await readdir(join(setting.dataDir, 'scratch'))).filter((name) => name !== '.aside')
    expect(await there()).toEqual(['scratchy'])
    await driver.remove('scratchy')
    expect(await there()).toEqual([])
    expect(await readdir(join(setting.dataDir, 'scratch/.aside'))).toEqual([])
  })

  it('is closed to other users of this host, even if an earlier server left it open', async () => {
    const home = join(setting.dataDir, 'scratch')
    await mkdir(home, { recursive: true })
    for (const directory of [setting.dataDir, home]) await chmod(directory, 0o755)
    const driver = setting.driver()
    const mounts = [{ kind: 'scratch', volume: 'v', containerPath: '/tmp', readOnly: false } as const]
    const script = 'echo mine > /tmp/file; cat /tmp/file; ls /tmp'
    const { lines } = await runAttempt(driver, attempt('closed', script, { mounts, user: '4711' }))
    expect(lines).toEqual(['mine', 'file'])
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups']
    for (const command of [
      ['cat', join(home, 'closed/v/file')],
      ['touch', join(home, 'closed/v/planted')],
      ['ls', home],
    ]) {
      await expect(promisify(execFile)('setpriv', [...nobody, ...command])).rejects.toThrow(/Permission denied/)
    }
    await driver.remove('closed')
  })

  it('leaves mounts inside it alone, and removes the rest', async () => {
    const driver = setting.driver()
    const mounts = [{ kind: 'scratch', volume: 'v', containerPath: '/tmp', readOnly: false } as const]
    await runAttempt(driver, attempt('mounted', 'mkdir /tmp/m /tmp/gone', { mounts }))
    const mounted = join(setting.dataDir, 'scratch/mounted/v/m')
    const precious = join(setting.dataDir, 'precious')
    await mkdir(precious)
    await writeFile(join(precious, 'file'), 'kept')
    await promisify(execFile)('mount', ['--bind', precious, mounted])
    try {
      await expect(driver.remove('mounted')).rejects.toThrow(/mounted/)
      expect(await readFile(join(precious, 'file'), 'utf8')).toBe('kept')
    } finally {
      // It was moved aside with the directory around it.
      const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
      for (const mount of mounts.filter((path) => path.startsWith(setting.dataDir)))
        await promisify(execFile)('umount', [mount])
    }
    await driver.remove('mounted')
    expect(await driver.list()).toEqual([])
  })

  it('can be emptied by a container of the attempt’s image, if files belong to others', async () => {
    const directory = join(setting.dataDir, 'foreign')
    await mkdir(join(directory, 'vol/deep'), { recursive: true })
    await writeFile(join(directory, 'vol/deep/file'), '')
    const client = createEngineClient(engine.dockerHost)
    await emptyByContainer(client, 'busybox:local', directory)
    client.close()
    expect(await readdir(directory)).toEqual([])
  })
})

describe('networks', () => {
  for (const network of ['shared', 'bridge', 'host'] as const) {
    it(`${network}: jobs reach a server on the host at the address that the driver names`, async () => {
      const driver = setting.driver({ network })
      const hostAddress = await driver.hostAddressForJobs()
      const server = createServer((_, reply) => reply.end('here'))
      await new Promise<void>((resolve) => server.listen(0, hostAddress, resolve))
      const { port } = server.address() as AddressInfo
      try {
        const { lines } = await runAttempt(
          driver,
          attempt(`net-${network}`, `wget -qO- http://${hostAddress}:${port}/; echo`),
        )
        expect(lines).toEqual(['here'])
      } finally {
        server.closeAllConnections()
        server.close()
      }
    })
  }

  it('shared: a holder that was stopped or removed is replaced', async () => {
    const installationId = newInstallation()
    const driver = setting.driver({ installationId })
    const holder = `/containers/openbatch-${installationId}.network`
    await runAttempt(driver, attempt('first', 'true'))
    await callEngine(engine.socketPath, 'POST', `${holder}/stop`)
    await runAttempt(driver, attempt('second', 'true'))
    await callEngine(engine.socketPath, 'DELETE', `${holder}?force=1`)
    await runAttempt(driver, attempt('third', 'true'))
    await callEngine(engine.socketPath, 'POST', `${holder}/stop`)
    await callEngine(engine.socketPath, 'DELETE', `/networks/openbatch-${installationId}`)
    const { end } = await runAttempt(setting.driver({ installationId }), attempt('fourth', 'exit 4'))
    expect(end).toMatchObject({ exitCode: 4 })
  })
})

describe('a network with the jobs’ name', () => {
  it('that two processes made twice becomes one again', async () => {
    const installationId = newInstallation()
    const body = { Name: `openbatch-${installationId}`, Driver: 'bridge', CheckDuplicate: false }
    const make = async () =>
      ((await engineJson(engine.socketPath, 'POST', '/networks/create', body)) as { Id: string }).Id
    const made = [await make(), await make()]
    const driver = setting.driver({ installationId })
    expect((await runAttempt(driver, attempt('after', 'echo ran'))).lines).toEqual(['ran'])
    const found = await Promise.all(made.map((id) => callEngine(engine.socketPath, 'GET', `/networks/${id}`)))
    expect(found.map(({ status }) => status).sort()).toEqual([200, 404])
  })
})

describe('ownership', () => {
  it('two installations on one engine do not see or touch each other’s attempts', async () => {
    const [one, other] = [setting.driver(), setting.driver()]
    await one.start(attempt('same', 'echo one; sleep 1000'))
    expect(await other.list()).toEqual([])
    expect((await other.inspect(['same'])).get('same')).toEqual({ kind: 'absent' })
    expect(await entriesOf(other, 'same')).toEqual([])
    await other.stop('same', 0)
    await other.remove('same')
    expect((await runAttempt(other, attempt('same', 'echo other'))).lines).toEqual(['other'])
    expect((await one.inspect(['same'])).get('same')).toMatchObject({ kind: 'running' })
    await one.remove('same')
    expect(await other.list()).toEqual(['same'])
  })

  it('knows an attempt by its scratch directory alone, after a start that was cut off before its container', async () => {
    const driver = setting.driver()
    const left = join(setting.dataDir, 'scratch/cut-off')
    await mkdir(join(left, 'volume'), { recursive: true })
    expect(await driver.list()).toEqual(['cut-off'])
    await driver.remove('cut-off')
    expect(existsSync(left)).toBe(false)
    expect(await driver.list()).toEqual([])
  })

  it('a foreign container with an attempt’s name is never touched', async () => {
    const installationId = newInstallation()
    const driver = setting.driver({ installationId })
    const query = new URLSearchParams({ name: `openbatch-${installationId}-taken` })
    const body = { Image: 'busybox:local', Cmd: ['true'], HostConfig: { NetworkMode: 'none' } }
    await engineJson(engine.socketPath, 'POST', `/containers/create?${query}`, body)
    const outcome = await driver.start(attempt('taken', 'true'))
    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^CannotCreateContainerError: the name/),
    })
    await driver.stop('taken', 0)
    await driver.remove('taken')
    expect((await driver.inspect(['taken'])).get('taken')).toEqual({ kind: 'absent' })
    const path = `/containers/openbatch-${installationId}-taken`
    expect((await callEngine(engine.socketPath, 'DELETE', path)).status).toBe(204)
  })

  it('a container removed by hand is absent', async () => {
    const installationId = newInstallation()
    const driver = setting.driver({ installationId })
    await driver.start(attempt('gone', 'echo up; sleep 1000'))
    await untilPrinted(driver, 'gone', 'up')
    await callEngine(engine.socketPath, 'DELETE', `/containers/openbatch-${installationId}-gone?force=1`)
    expect(await finish(driver, 'gone')).toEqual({ lines: [], end: { kind: 'absent' } })
    await driver.stop('gone', 0)
    await driver.remove('gone')
  })
})

describe('output', () => {
  it('one line of a megabyte, and bytes of every kind, arrive whole', async () => {
    const driver = setting.driver()
    const long = await runAttempt(driver, attempt('mega', 'yes 0123456789 | tr -d "\\n" | head -c 1000000'))
    expect(long.lines.join('') === '0123456789'.repeat(100_000)).toBe(true)
    expect(long.lines.length).toBe(4)
    const binary = await runAttempt(driver, attempt('binary', 'head -c 1000000 /dev/urandom'))
    expect(binary.end).toMatchObject({ exitCode: 0 })
    for (const line of binary.lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(256 * 1024)
  })

  it('100 MB arrive whole', async () => {
    const driver = setting.driver()
    await driver.start(attempt('flood', 'yes 0123456789 | tr -d "\\n" | head -c 100000000'))
    let characters = 0
    for await (const batch of driver.streamLogs('flood', undefined, new AbortController().signal)) {
      for (const entry of batch) characters += entry.message.length
    }
    expect(characters).toBe(100_000_000)
  })
})

describe('capacity', () => {
  it('is what the engine reports, unless it was set', async () => {
    const health = await setting.driver().health()
    if (health.kind !== 'healthy') throw new Error(health.why)
    expect(health.hosts).toEqual([
      { hostName: 'local', vcpus: expect.any(Number), memoryMib: expect.any(Number), gpus: 0, machine: thisMachine() },
    ])
    const set = await setting.driver({ vcpus: 64, memoryMib: 1000, gpus: 2 }).health()
    expect(set).toMatchObject({ hosts: [{ vcpus: 64, memoryMib: 1000, gpus: 2 }] })
    expect(set).not.toHaveProperty('hosts.0.machine')
  })
})
