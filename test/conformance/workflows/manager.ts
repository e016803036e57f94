/** The clients of a workflow manager, and what managers do with them: poll, read a file, read a log. */

import { setTimeout as delay } from 'node:timers/promises'
import { BatchClient, DescribeJobsCommand, type JobDetail } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Credentials } from '../../support/openbatch-server.ts'

const pollMs = 250
const withinMs = 120_000

export class Manager {
  readonly batch: BatchClient
  readonly bucket: string
  readonly #logs: CloudWatchLogsClient
  readonly #s3: S3Client
  readonly #sts: STSClient

  constructor(endpoint: string, credentials: Credentials, bucket: string) {
    const settings = { endpoint, region: 'us-west-2', credentials }
    this.batch = new BatchClient(settings)
    this.bucket = bucket
    this.#logs = new CloudWatchLogsClient(settings)
    this.#s3 = new S3Client({ ...settings, forcePathStyle: true })
    this.#sts = new STSClient(settings)
  }

  async makeBucket(): Promise<void> {
    await this.#s3.send(new CreateBucketCommand({ Bucket: this.bucket }))
  }

  async put(key: string, text: string): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: text }))
  }

  /** Undefined if there is no such object. */
  async get(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }))
      return await Body!.transformToString()
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined
      throw error
    }
  }

  async etag(key: string): Promise<string | undefined> {
    return (await this.#s3.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }))).ETag
  }

  /** The keys that begin with it, by the first version of the listing. */
  async list(prefix: string): Promise<string[]> {
    const page = await this.#s3.send(new ListObjectsCommand({ Bucket: this.bucket, Prefix: prefix, MaxKeys: 250 }))
    return (page.Contents ?? []).map(({ Key }) => Key!)
  }

  async remove(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }))
  }

  async copy(from: string, to: string): Promise<void> {
    const CopySource = `${this.bucket}/${encodeURIComponent(from)}`
    await this.#s3.send(new CopyObjectCommand({ Bucket: this.bucket, Key: to, CopySource }))
  }

  /** The account, as a manager asks for it before it starts. */
  async account(): Promise<string | undefined> {
    return (await this.#sts.send(new GetCallerIdentityCommand({}))).Account
  }

  /** Asks for all of them at once, as often as a manager does, until they have ended. */
  async ended(jobs: readonly string[]): Promise<Map<string, JobDetail>> {
    const endMs = performance.now() + withinMs
    for (;;) {
      const answer = await this.batch.send(new DescribeJobsCommand({ jobs: [...jobs] }))
      const details = new Map((answer.jobs ?? []).map((job) => [job.jobId!, job]))
      const isEnded = (id: string) => ['SUCCEEDED', 'FAILED'].includes(details.get(id)?.status ?? '')
      if (jobs.every(isEnded)) return details
      if (performance.now() > endMs) throw new Error(`the jobs did not end: ${JSON.stringify([...details.values()])}`)
      await delay(pollMs)
    }
  }

  /** The first page, as managers read it in the moment of the end. */
  async log(job: JobDetail, how: { readonly startFromHead?: true } = {}): Promise<string[]> {
    const logStreamName = job.container!.logStreamName!
    const { events = [] } = await this.#logs.send(
      new GetLogEventsCommand({ logGroupName: '/aws/batch/job', logStreamName, ...how }),
    )
    return events.map(({ message = '' }) => message)
  }

  close(): void {
    for (const client of [this.batch, this.#logs, this.#s3, this.#sts]) client.destroy()
  }
}
