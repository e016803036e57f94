/**
 * Trivial container jobs per second through a whole server, compared with the raw Engine API doing
 * create, start, wait, remove.
 */
import { Agent, request } from 'node:http'
import { baseImage } from '../engine/base-image.ts'
import { startEngine } from '../engine/engine.ts'
import { batchClient, register, runArray } from './jobs.ts'
import { type Compared, compare } from './rounds.ts'
import { serveOpenbatch } from './serving.ts'

const jobs = Number(process.env.OPENBATCH_BENCH_CONTAINERS ?? 100)
const rounds = Number(process.env.OPENBATCH_BENCH_ROUNDS ?? 3)

export async function measureContainers(width: number): Promise<Compared> {
  const engine = await startEngine()
  const agent = new Agent({ keepAlive: true })
  const serving = await serveOpenbatch('docker', {
    DOCKER_HOST: engine.dockerHost,
    OPENBATCH_DRIVERS_DOCKER_VCPUS: String(width),
    OPENBATCH_DRIVERS_DOCKER_MAX_CONCURRENT_STARTS: String(width),
  })
  const batch = batchClient(serving)
  const api = (method: string, path: string, body?: object) => call(engine.socketPath, agent, method, path, body)
  try {
    await register(batch, baseImage, ['true'])
    // The first job makes the holder of the shared network, and the raw jobs join the same network.
    await runArray(batch, 2)
    const holder = await findHolder(api)
    let made = 0
    const raw = async () => {
      const body = {
        Image: baseImage,
        Cmd: ['true'],
        HostConfig: { NetworkMode: `container:${holder}`, Memory: 64 * 1024 * 1024, LogConfig: { Type: 'local' } },
      }
      const { Id } = (await api('POST', `/containers/create?name=raw-${process.pid}-${made++}`, body)) as { Id: string }
      await api('POST', `/containers/${Id}/start`)
      await api('POST', `/containers/${Id}/wait`)
      await api('DELETE', `/containers/${Id}`)
    }
    return await compare(
      rounds,
      () => runArray(batch, jobs),
      () => perSecond(jobs, width, raw),
    )
  } finally {
    batch.destroy()
    agent.destroy()
    await serving.stop()
    await engine.stop()
  }
}

async function perSecond(count: number, width: number, one: () => Promise<void>): Promise<number> {
  const before = performance.now()
  let left = count
  const lane = async () => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: width }, lane))
  return (count * 1000) / (performance.now() - before)
}

async function findHolder(api: (method: string, path: string) => Promise<unknown>): Promise<string> {
  const containers = (await api('GET', '/containers/json')) as { Id: string; Names: string[] }[]
  const holder = containers.find(({ Names }) => Names.some((name) => name.endsWith('.network')))
  if (!holder) throw new Error('the shared network has no holder')
  return holder.Id
}

function call(socketPath: string, agent: Agent, method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {}
    const sent = request({ socketPath, agent, method, path: `/v1.41${path}`, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if ((answer.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${text}`))
        else resolve(text ? JSON.parse(text) : undefined)
      })
    })
    sent.once('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

if (process.argv[1] === import.meta.filename) console.table([await measureContainers(4)])
