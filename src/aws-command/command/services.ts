/** What the commands work with, made when a command asks for it. */
import type { Options } from './arguments.ts'
import { Contents } from './content.ts'
import { CredentialSource } from './credentials.ts'
import { Downloads } from './downloads.ts'
import { HttpCaller } from './http-caller.ts'
import type { Interruption } from './interruption.ts'
import type { Output } from './output.ts'
import { S3Client } from './s3-client.ts'
import { ServiceClient } from './service-client.ts'
import { type Environment, Settings } from './settings.ts'
import { type TransferSizes, Uploads } from './uploads.ts'

export class Services {
  readonly options: Options
  readonly settings: Settings
  readonly output: Output
  readonly interruption: Interruption
  readonly #http: HttpCaller
  readonly #credentials: CredentialSource

  constructor(options: Options, env: Environment, output: Output, interruption: Interruption) {
    this.options = options
    this.settings = new Settings(options, env)
    this.output = output
    this.interruption = interruption
    this.#http = new HttpCaller(this.settings, interruption)
    this.#credentials = new CredentialSource(this.settings, this.#http)
  }

  client(service: 's3' | 'sts'): ServiceClient {
    return new ServiceClient(service, this.settings, this.#http, this.#credentials)
  }

  s3(): S3Client {
    return new S3Client(this.client('s3'), this.settings)
  }

  transfers(s3: S3Client): { uploads: Uploads; downloads: Downloads; sizes: TransferSizes } {
    const sizes = sizesOf(this.settings)
    const uploads = new Uploads(s3, new Contents(s3, this.settings), sizes, this.settings.sendsChecksums)
    return { uploads, downloads: new Downloads(s3, sizes, this.settings, this.interruption), sizes }
  }

  close(): void {
    this.#http.close()
  }
}

const mebibyte = 1_048_576

/** As the CLI has them, except for the requests at once: they are fewer, as a container may have 64 MiB. */
function sizesOf(settings: Settings): TransferSizes {
  return {
    threshold: bytesOf(settings.ofS3('multipart_threshold')) ?? 8 * mebibyte,
    partBytes: bytesOf(settings.ofS3('multipart_chunksize')) ?? 8 * mebibyte,
    width: Math.min(Number(settings.ofS3('max_concurrent_requests')) || 4, 16),
  }
}

const units: Readonly<Record<string, number>> = { k: 1024, m: mebibyte, g: 1024 * mebibyte }

function bytesOf(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+)\s*([kmg]?)i?b?$/i.exec(text ?? '') ?? []
  const bytes = Number(digits) * (units[unit.toLowerCase()] ?? 1)
  return bytes > 0 ? bytes : undefined
}
