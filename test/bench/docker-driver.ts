import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DockerDriver } from '../../src/drivers/docker/docker-driver.ts'
import type { NetworkKind } from '../../src/drivers/docker/job-network.ts'
import type { AttemptSpec } from '../../src/drivers/driver.ts'
import { baseImage } from '../engine/base-image.ts'
import { startEngine } from '../engine/engine.ts'

/**
 * How many trivial jobs per second go through the Docker driver (start, output to its end, inspect,
 * remove), compared with the bare Engine API (create, start, wait, remove) at the same width and
 * network. Rounds alternate, because the machine is shared.
 *
 *     node test/bench/docker-driver.ts [--jobs 24] [--rounds 15] [--width 4] [--networks shared,bridge,host]
 *
 * With OPENBATCH_TEST_DOCKER_HOST it measures that engine instead of one of its own.
 */
const settings = new Map<string, string>()
for (let index = 2; index < process.argv.length; index += 2)
  settings.set(process.argv[index]!, process.argv[index + 1]!)
const jobs = Number(settings.get('--jobs') ?? 24)
const rounds = Number(settings.get('--rounds') ?? 15)
const width = Number(settings.get('--width') ?? 4)
const networks = (settings.get('--networks') ?? 'shared,bridge,host').split(',') as NetworkKind[]

const engine = await startEngine()
const dataDir = await mkdtemp(join(tmpdir(), 'openbatch-bench-'))
const agent = new Agent({ keepAlive: true })
try {
  for (const network of networks) await compare(network)
} finally {
  agent.destroy()
  await rm(dataDir, { recursive: true, force: true })
  await engine.stop()
}

async function compare(network: NetworkKind): Promise<void> {
  const installationId = `bench${process.pid}${network}`
  const driver = new DockerDriver({ installationId, dockerHost: engine.dockerHost, dataDir, network })
  await driver.hostAddressForJobs()
  const mode = network === 'shared' ? `container:openbatch-${installationId}.network` : network
  const [raw, driven]: [number[], number[]] = [[], []]
  try {
    for (let round = 0; round < rounds; round++) {
      const bareRound = async () => raw.push(await perSecond((index) => rawJob(`raw-${round}-${index}`, mode)))
      const drivenRound = async () =>
        driven.push(await perSecond((index) => drivenJob(driver, `driven-${round}-${index}`)))
      for (const one of round % 2 === 0 ? [bareRound, drivenRound] : [drivenRound, bareRound]) await one()
    }
  } finally {
    await driver.close()
    if (network === 'shared') await api('DELETE', `/containers/openbatch-${installationId}.network?force=1`)
    if (network === 'shared') await api('DELETE', `/networks/openbatch-${installationId}`)
  }
  const [bare, through] = [median(raw), median(driven)]
  const ratio = median(driven.map((value, index) => value / raw[index]!))
  const figures = `bare ${bare.toFixed(1)}/s, driver ${through.toFixed(1)}/s, ratio ${ratio.toFixed(2)}`
  console.log(`network ${network}, width ${width}: ${figures} (medians of ${rounds} rounds; the ratio round by round)`)
}

async function perSecond(job: (index: number) => Promise<void>): Promise<number> {
  const before = performance.now()
  let next = 0
  const lane = async () => {
    while (next < jobs) await job(next++)
  }
  await Promise.all(Array.from({ length: width }, lane))
  return (jobs * 1000) / (performance.now() - before)
}

async function drivenJob(driver: DockerDriver, name: string): Promise<void> {
  const spec: AttemptSpec = {
    ...{ name, jobId: name, attempt: 1, image: baseImage, command: ['true'], environment: {}, labels: {}, gpus: 0 },
    ...{ vcpus: 1, cpuIsHardLimit: false, memoryMib: 64, privileged: false, readonlyRootFilesystem: false },
    ...{ ulimits: [], mounts: [] },
  }
  const outcome = await driver.start(spec)
  if (outcome.kind !== 'started') throw new Error(JSON.stringify(outcome))
  for await (const _ of driver.streamLogs(name, undefined, new AbortController().signal)) throw new Error('no output')
  const end = (await driver.inspect([name])).get(name)
  if (end?.kind !== 'exited' || end.exitCode !== 0) throw new Error(JSON.stringify(end))
  await driver.remove(name)
}

async function rawJob(name: string, networkMode: string): Promise<void> {
  const HostConfig = { NetworkMode: networkMode, Memory: 64 * 1024 * 1024, LogConfig: { Type: 'local' } }
  const made = await api('POST', `/containers/create?name=${name}`, { Image: baseImage, Cmd: ['true'], HostConfig })
  const { Id } = JSON.parse(made) as { Id: string }
  await api('POST', `/containers/${Id}/start`)
  await api('POST', `/containers/${Id}/wait`)
  await api('DELETE', `/containers/${Id}`)
}

function api(method: string, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const outgoing = request({ socketPath: engine.socketPath, method, path, headers, agent }, (incoming) => {
      let text = ''
      incoming.on('data', (chunk) => {
        text += chunk
      })
      incoming.on('end', () => {
        if ((incoming.statusCode ?? 500) < 300) resolve(text)
        else reject(new Error(`${method} ${path}: ${incoming.statusCode} ${text}`))
      })
      incoming.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!
}
