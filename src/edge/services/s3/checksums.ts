/**
 * Checksums in requests and answers.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import type { Checksum, ChecksumKind } from '../../../objects/checksum.ts'
import type { ExpectedDigests } from '../../../objects/object-store.ts'
import { invalidRequest } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

const bytesOf: Readonly<Record<ChecksumKind, number>> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 }
export const checksumKinds = Object.keys(bytesOf) as readonly ChecksumKind[]

export function headerOf(kind: ChecksumKind): string {
  return `x-amz-checksum-${kind.toLowerCase()}`
}

/** What a request says about the content of its body. */
export interface StatedDigests {
  readonly checksum?: ChecksumKind
  readonly expected: ExpectedDigests
}

/** Throws for headers that contradict each other. */
export function readDigests({ headers, body }: S3Request): StatedDigests {
  const md5 = headers['content-md5']
  const inHeader = readChecksum(headers)
  const inTrailer = inHeader ? undefined : kindOfTrailer(headers, body.hasTrailers)
  const announced = headers['x-amz-sdk-checksum-algorithm']
  const kind = inHeader?.kind ?? inTrailer
  if (announced !== undefined && kind !== undefined && announced.toUpperCase() !== kind)
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.')
  const checksum = () => inHeader ?? (inTrailer && valid(inTrailer, body.trailers.get(headerOf(inTrailer)) ?? ''))
  return {
    ...(kind && { checksum: kind }),
    expected: {
      ...(body.size !== undefined && { size: body.size }),
      ...(md5 !== undefined && { md5 }),
      ...(kind && { checksum }),
    },
  }
}

/** The one checksum in the headers. */
export function readChecksum(
  headers: S3Request['headers'],
  type: Checksum['type'] = 'FULL_OBJECT',
): Checksum | undefined {
  const given = checksumKinds.filter((kind) => headers[headerOf(kind)] !== undefined)
  if (given.length > 1)
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  const [kind] = given
  return kind && { ...valid(kind, headers[headerOf(kind)]!), type }
}

function kindOfTrailer(headers: S3Request['headers'], hasTrailers: boolean): ChecksumKind | undefined {
  const names = headers['x-amz-trailer']
    ?.split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name.startsWith('x-amz-checksum-'))
  if (names === undefined || names.length === 0) return undefined
  const kind = checksumKinds.find((it) => headerOf(it) === names[0])
  if (names.length > 1 || !kind || !hasTrailers)
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported')
  return kind
}

function valid(kind: ChecksumKind, value: string): Checksum {
  const [plain = ''] = value.split('-')
  const isValid = Buffer.from(plain, 'base64').length === bytesOf[kind] && /^[A-Za-z0-9+/]+={0,2}$/.test(plain)
  if (!isValid) throw invalidRequest(`Value for ${headerOf(kind)} header is invalid.`)
  return { kind, value, type: 'FULL_OBJECT' }
}

/** `x-amz-checksum-algorithm`, of copies and uploads. */
export function readChecksumKind(header: string | undefined): ChecksumKind | undefined {
  if (header === undefined) return undefined
  const kind = checksumKinds.find((it) => it === header.toUpperCase())
  if (!kind)
    throw invalidRequest(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    )
  return kind
}

export function checksumHeaders(checksum: Checksum | undefined): Readonly<Record<string, string>> {
  return checksum ? { [headerOf(checksum.kind)]: checksum.value, 'x-amz-checksum-type': checksum.type } : {}
}

/** `ChecksumCRC32` and the like. */
export function checksumElements(checksum: Checksum | undefined): Readonly<Record<string, string>> {
  return checksum ? { [`Checksum${checksum.kind}`]: checksum.value, ChecksumType: checksum.type } : {}
}
