/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
import { limits } from '../../../model/limits.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { ObjectFacts } from '../../../objects/object-store.ts'
import { mustBeAllowed } from './asking.ts'
import { checksumElements } from './checksums.ts'
import { readConditions } from './conditions.ts'
import { answerXml } from './document.ts'
import { withheld } from './object-answer.ts'
import { objectArn } from './resource.ts'
import { invalidArgument } from './s3-errors.ts'
import { defineS3Operation, type S3Request } from './s3-operation.ts'
import { versionHeader } from './versions.ts'

const attributes: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'])

export const getObjectAttributes = defineS3Operation('GetObjectAttributes', {
  match: { on: 'object', method: 'GET', query: ['attributes'] },
  versionAction: 'GetObjectVersionAttributes',
  alsoAsks: ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket'],
  isOfObjects: true,
  hasExistingTags: true,
  async handle(request, context) {
    const wanted = wantedIn(request)
    const reading = request.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion'
    mustBeAllowed(context, reading, objectArn(request))
    const facts = await context.backend.objects.head(request, readConditions(request.headers))
    if (isObjectRefusal(facts)) return withheld(facts, request, context)
    const asked = (name: string) => wanted.includes(name)
    return answerXml(
      'GetObjectAttributesResponse',
      {
        ETag: asked('ETag') ? facts.etag : undefined,
        Checksum: asked('Checksum') && facts.checksum ? checksumElements(facts.checksum) : undefined,
        ObjectParts: asked('ObjectParts') && facts.parts ? partsOf(request, facts) : undefined,
        StorageClass: asked('StorageClass') ? 'STANDARD' : undefined,
        ObjectSize: asked('ObjectSize') ? facts.size : undefined,
      },
      { 'last-modified': new Date(facts.lastModifiedMs).toUTCString(), ...versionHeader(facts) },
    )
  },
})

function wantedIn({ headers }: S3Request): readonly string[] {
  const wanted = (headers['x-amz-object-attributes'] ?? '').split(',').map((name) => name.trim())
  const wrong = wanted.find((name) => !attributes.has(name))
  if (wrong !== undefined) throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', wrong)
  return wanted
}

function partsOf({ headers }: S3Request, { parts = [], checksum }: ObjectFacts) {
  const number = (name: string, otherwise: number) => {
    const text = headers[name]
    if (text === undefined) return otherwise
    if (!/^[0-9]{1,9}$/.test(text)) throw invalidArgument('The value is not a number.', name, text)
    return Number(text)
  }
  const after = number('x-amz-part-number-marker', 0)
  const most = Math.min(number('x-amz-max-parts', limits.objectsPerPage), limits.objectsPerPage)
  const later = parts.filter((part) => part.number > after)
  const shown = later.slice(0, most)
  return {
    // `TotalPartsCount` in SDKs.
    PartsCount: parts.length,
    PartNumberMarker: after,
    NextPartNumberMarker: shown.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: later.length > most,
    Part: shown.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      ...(checksum && { [`Checksum${checksum.kind}`]: part.checksum }),
    })),
  }
}
