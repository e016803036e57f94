import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, createWriteStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BatchClient, TerminateJobCommand } from '@aws-sdk/client-batch'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { accessVariables, plainEnvironment } from '../../test/conformance/clients/client.ts'
import { newestClients } from '../../test/conformance/clients/installed.ts'
import { root } from '../../test/support/built.ts'
import type { Serving } from '../quickstart/serving.ts'
import { countsOf, isRetriedWithMore, jobsSince, reasonsOf, triesOf } from './jobs-of-way.ts'
import { example, type Way, type WayName } from './ways.ts'

const bucket = 'genomics'
const user = 'jdoe'
const lookEveryMs = 1000
const withinMs = 1_800_000
const endWithinMs = 120_000
const linesOfFailure = 20
const widthOfFailure = 300

export interface RunnerOptions {
  readonly server: Serving
  /** For the clients' own files, under a path that jobs have too. */
  readonly folder: string
  readonly results: string
  readonly say: (line: string) => void
}

/** Runs the workflow on one server, in one way after the other. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #batch: BatchClient
  readonly #s3: S3Client
  #client: ChildProcess | undefined
  #user: Serving['credentials'] | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    const { endpoint, region, credentials } = options.server
    this.#batch = new BatchClient({ endpoint, region, credentials })
    this.#s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  }

  /** Does the operator's part, and adds the user who runs the workflow. */
  setUp(): void {
    const out = execFileSync(join(root, 'bin', 'openbatch'), ['user', 'add', user], this.#shellOf('operator'))
    const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(String(out))?.[1] ?? ''
    this.#user = { accessKeyId: value('AWS_ACCESS_KEY_ID'), secretAccessKey: value('AWS_SECRET_ACCESS_KEY') }
    execFileSync('sh', ['operator.sh', user], this.#shellOf('operator', [newestClients().commandFolder]))
  }

  /** Returns how many files there are. */
  async putReads(): Promise<number> {
    const reads = join(this.#options.folder, 'reads')
    execFileSync('python3', [join(example, 'make_reads.py'), reads])
    const names = readdirSync(reads)
    for (const name of names)
      await this.#s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: `reads/${name}`, Body: readFileSync(join(reads, name)) }),
      )
    return names.length
  }

  /** Resolves with the report. Rejects unless the step that ran out of memory was retried with more. */
  async runWay(way: Way): Promise<Buffer> {
    const { say, results } = this.#options
    say(`\n${way.name}: ${way.told}`)
    const sinceMs = Date.now()
    const { code, tail } = await this.#runClient(way, sinceMs)
    const jobs = await jobsSince(this.#batch, sinceMs)
    say(`  ${((Date.now() - sinceMs) / 1000).toFixed(1)} s, ${countsOf(jobs)}`)
    if (code !== 0) {
      for (const reason of reasonsOf(jobs)) say(`  ${reason}`)
      throw new Error(`${way.name} ended with ${code}; its last words:\n${tail}`)
    }
    const tries = triesOf(jobs)
    for (const { memoryMib, status, exitCode, reason } of tries)
      say(`  the step kmers with ${memoryMib} MiB: ${status}, exit code ${exitCode}${reason && `, ${reason}`}`)
    if (!isRetriedWithMore(tries)) throw new Error(`${way.name} did not retry the step kmers with more memory`)
    const report = await this.#report(way.name)
    writeFileSync(join(results, `${way.name}.tsv`), report)
    return report
  }

  /** Ends the client and the jobs that are left, which would otherwise go on without the server. */
  async stop(): Promise<void> {
    if (this.#client && this.#client.exitCode === null && this.#client.signalCode === null) {
      const ended = once(this.#client, 'close')
      process.kill(-this.#client.pid!, 'SIGKILL')
      await ended
    }
    const isOver = (status: string | undefined) => status === 'SUCCEEDED' || status === 'FAILED'
    for (const giveUpAt = Date.now() + endWithinMs; ; ) {
      const left = (await jobsSince(this.#batch, 0)).filter(({ status }) => !isOver(status))
      if (left.length === 0) break
      if (Date.now() > giveUpAt) throw new Error(`${left.length} jobs do not end`)
      for (const { jobId } of left) await this.#batch.send(new TerminateJobCommand({ jobId, reason: 'the run ends' }))
      await delay(lookEveryMs)
    }
    this.#batch.destroy()
    this.#s3.destroy()
  }

  /** Runs the commands of the way and tells how its jobs go. */
  async #runClient(way: Way, sinceMs: number): Promise<{ readonly code: number | null; readonly tail: string }> {
    const { results, say } = this.#options
    const { cwd, env } = this.#shellOf(way.name, [way.commands, newestClients().commandFolder])
    const log = join(results, `${way.name}.log`)
    const child = spawn('sh', ['-ec', way.command], {
      ...{ cwd, env: { ...env, GENOMICS_IMAGE: way.image } },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#client = child
    const file = createWriteStream(log)
    for (const stream of [child.stdout, child.stderr]) stream.pipe(file, { end: false })
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), withinMs)
    const ended = once(child, 'close')
    let told = ''
    do {
      const counts = countsOf(await jobsSince(this.#batch, sinceMs))
      if (counts !== told) say(`  ${counts}`)
      told = counts
    } while ((await Promise.race([ended, delay(lookEveryMs, undefined)])) === undefined)
    clearTimeout(timer)
    await new Promise<void>((resolve) => file.end(() => resolve()))
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const last = lines.slice(-linesOfFailure).map((line) => line.slice(0, widthOfFailure))
    return { code: child.exitCode, tail: last.join('\n') }
  }

  /** A copy of the example, with the commands of the way and of the server. */
  #shellOf(of: WayName | 'operator', commands: readonly string[] = []) {
    const { folder, server } = this.#options
    const cwd = join(folder, of)
    cpSync(example, cwd, { recursive: true })
    const path = [...commands, join(root, 'bin'), dirname(process.execPath), plainEnvironment().PATH]
    const credentials = of === 'operator' ? server.credentials : this.#user!
    const env = {
      ...plainEnvironment(),
      ...accessVariables({ endpoint: server.endpoint, credentials }),
      ...{ HOME: cwd, PATH: path.join(':') },
      ...(of === 'operator' && { OPENBATCH_DATA_DIR: join(folder, 'server') }),
    }
    return { cwd, env, stdio: 'pipe' as const }
  }

  async #report(name: WayName): Promise<Buffer> {
    const answer = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${name}/report.tsv` }))
    return Buffer.from(await answer.Body!.transformToByteArray())
  }
}
