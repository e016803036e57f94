/**
 * Decides what object the parts of an upload make, or why they make none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import { createHash } from 'node:crypto'
import { type CrcKind, combineCrcs, crc32, crc32c, crc64nvme } from '../ground/crc.ts'
import { limits } from '../model/limits.ts'
import type { Checksum, ChecksumKind } from './checksum.ts'
import { digestOf } from './content-digest.ts'
import { entityTooLarge } from './known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal, objectRefusal } from './object-refusal.ts'
import type { CompletedUpload, NewUpload, Part, Upload } from './object-store.ts'

export interface Completion {
  readonly parts: readonly Part[]
  readonly size: number
  readonly etag: string
  readonly checksum?: Checksum
}

export function planCompletion(
  upload: Upload,
  stored: ReadonlyMap<number, Part>,
  wanted: CompletedUpload,
  smallestPartBytes: number,
): Completion | ObjectRefusal {
  const parts = chosenParts(upload, stored, wanted)
  if (isObjectRefusal(parts)) return parts
  const small = parts.slice(0, -1).find(({ size }) => size < smallestPartBytes)
  if (small) return tooSmall(small, smallestPartBytes)
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  if (size > limits.objectBytes) return entityTooLarge(limits.objectBytes)
  if (wanted.size !== undefined && wanted.size !== size)
    return objectRefusal('InvalidRequest', 'The provided x-amz-mp-object-size header does not match what was computed.')
  const checksum = checksumOf(upload, parts)
  const refusal = refusalOfChecksum(checksum, wanted.checksum)
  return refusal ?? { parts, size, etag: etagOf(parts), ...(checksum && { checksum }) }
}

function chosenParts(
  upload: Upload,
  stored: ReadonlyMap<number, Part>,
  wanted: CompletedUpload,
): readonly Part[] | ObjectRefusal {
  if (wanted.parts.length === 0)
    return objectRefusal(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    )
  const parts: Part[] = []
  for (const { number, etag, checksum } of wanted.parts) {
    if (number <= (parts.at(-1)?.number ?? 0))
      return objectRefusal(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      )
    const part = stored.get(number)
    if (!part || part.etag !== etag) return invalidPart(upload, number, etag)
    if (upload.checksum && checksum === undefined && upload.checksumType === 'COMPOSITE')
      return objectRefusal(
        'InvalidRequest',
        `The upload was created using a ${upload.checksum.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      )
    if (upload.checksum && checksum !== undefined && checksum !== part.checksum)
      return invalidPart(upload, number, etag)
    parts.push(part)
  }
  return parts
}

function invalidPart({ uploadId }: Upload, number: number, etag: string): ObjectRefusal {
  return objectRefusal(
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { UploadId: uploadId, PartNumber: String(number), ETag: etag },
  )
}

function tooSmall({ number, size, etag }: Part, smallestPartBytes: number): ObjectRefusal {
  return objectRefusal('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    ProposedSize: String(size),
    MinSizeAllowed: String(smallestPartBytes),
    PartNumber: String(number),
    ETag: etag,
  })
}

/** The MD5 of the parts' MD5s, and their number. */
function etagOf(parts: readonly Part[]): string {
  const md5 = createHash('md5')
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'))
  return `${md5.digest('hex')}-${parts.length}`
}

function checksumOf({ checksum: kind, checksumType: type }: Upload, parts: readonly Part[]): Checksum | undefined {
  if (!kind || !type) return undefined
  if (type === 'FULL_OBJECT') return { kind, type, value: combined(crcs[kind]!, parts) }
  const digest = digestOf(kind)
  for (const { checksum } of parts) digest.update(Buffer.from(checksum!, 'base64'))
  return { kind, type, value: `${digest.digest().toString('base64')}-${parts.length}` }
}

const crcs: Readonly<Partial<Record<ChecksumKind, CrcKind>>> = { CRC32: crc32, CRC32C: crc32c, CRC64NVME: crc64nvme }

function combined(kind: CrcKind, parts: readonly Part[]): string {
  const crc = combineCrcs(
    kind,
    parts.map(({ checksum, size }) => ({
      crc: BigInt(`0x${Buffer.from(checksum!, 'base64').toString('hex')}`),
      size,
    })),
  )
  return Buffer.from(crc.toString(16).padStart(kind.bits / 4, '0'), 'hex').toString('base64')
}

function refusalOfChecksum(found: Checksum | undefined, wanted: Checksum | undefined): ObjectRefusal | undefined {
  if (!wanted) return undefined
  if (!found || wanted.kind !== found.kind)
    return objectRefusal('InvalidRequest', `The upload was not created with a ${wanted.kind} checksum.`)
  // Some clients leave out the number of parts.
  return wanted.value === found.value || wanted.value === found.value.replace(/-\d+$/, '')
    ? undefined
    : objectRefusal('BadDigest', `The ${wanted.kind} you specified did not match the calculated checksum.`)
}

/** The kind and type of the checksum of an upload, with S3's defaults. */
export function checksumOfUpload({
  checksum,
  checksumType,
}: Pick<NewUpload, 'checksum' | 'checksumType'>): Pick<Upload, 'checksum' | 'checksumType'> | ObjectRefusal {
  if (!checksum) return {}
  const type = checksumType ?? (checksum === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  const isPossible = type === 'FULL_OBJECT' ? checksum in crcs : checksum !== 'CRC64NVME'
  return isPossible
    ? { checksum, checksumType: type }
    : objectRefusal(
        'InvalidRequest',
        `The ${type} checksum type cannot be used with the ${checksum.toLowerCase()} checksum algorithm.`,
      )
}

/** Why a part's checksum does not fit the upload. */
export function refusalOfPart(
  number: number,
  upload: Upload,
  kind: ChecksumKind | undefined,
): ObjectRefusal | undefined {
  if (!Number.isInteger(number) || number < 1 || number > limits.uploadParts)
    return objectRefusal(
      'InvalidArgument',
      `Part number must be an integer between 1 and ${limits.uploadParts}, inclusive`,
      { ArgumentName: 'partNumber', ArgumentValue: String(number) },
    )
  return kind && upload.checksum && kind !== upload.checksum
    ? objectRefusal(
        'InvalidRequest',
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.toLowerCase()}, actual checksum Type: ${kind.toLowerCase()}`,
      )
    : undefined
}
