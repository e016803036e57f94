/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { answerXml } from './document.ts'
import { listingValues, objectElement, prefixElements, readListing } from './listing.ts'
import { ownerOf } from './owner.ts'
import { defineS3Operation } from './s3-operation.ts'

export const listObjects = defineS3Operation('ListObjects', {
  match: { on: 'bucket', method: 'GET' },
  authorisedAs: 'ListBucket',
  isOfObjects: true,
  conditionValues: listingValues,
  async handle(request, { backend }) {
    const { bucket, query } = request
    const { prefix, delimiter, limit, encode, echoed } = readListing(request)
    const after = query.get('marker') ?? ''
    const page = await backend.objects.list(bucket, { prefix, delimiter, limit, after })
    if (isObjectRefusal(page)) return page
    const { objects, commonPrefixes, next } = page
    const Owner = ownerOf(backend.objects.bucket(bucket)!)
    return answerXml('ListBucketResult', {
      // Clients do not decode the prefix here.
      ...{
        Name: bucket,
        ...echoed,
        Prefix: prefix,
        Marker: encode(after),
        MaxKeys: limit,
        IsTruncated: next !== undefined,
      },
      // Without a delimiter clients take the last key.
      NextMarker: next === undefined || delimiter === '' ? undefined : encode(next),
      Contents: objects.map((object) => ({ ...objectElement(object, encode), Owner })),
      CommonPrefixes: prefixElements(commonPrefixes, encode),
    })
  },
})
