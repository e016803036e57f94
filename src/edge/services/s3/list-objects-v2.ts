/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { readToken, tokenFor } from './continuation.ts'
import { answerXml } from './document.ts'
import { listingValues, objectElement, prefixElements, readListing } from './listing.ts'
import { ownerOf } from './owner.ts'
import { defineS3Operation } from './s3-operation.ts'

export const listObjectsV2 = defineS3Operation('ListObjectsV2', {
  match: { on: 'bucket', method: 'GET', query: ['list-type=2'] },
  authorisedAs: 'ListBucket',
  isOfObjects: true,
  conditionValues: listingValues,
  async handle(request, { backend }) {
    const { bucket, query } = request
    const { prefix, delimiter, limit, encode, echoed } = readListing(request)
    const [token, startAfter] = [query.get('continuation-token'), query.get('start-after')]
    const after = token ? readToken(token) : (startAfter ?? '')
    const page = await backend.objects.list(bucket, { prefix, delimiter, limit, after })
    if (isObjectRefusal(page)) return page
    const { objects, commonPrefixes, next } = page
    const Owner = query.get('fetch-owner') === 'true' ? ownerOf(backend.objects.bucket(bucket)!) : undefined
    return answerXml('ListBucketResult', {
      ...{ Name: bucket, ...echoed, MaxKeys: limit, KeyCount: objects.length + commonPrefixes.length },
      ...{ StartAfter: startAfter === undefined ? undefined : encode(startAfter), ContinuationToken: token },
      ...{ IsTruncated: next !== undefined, NextContinuationToken: next === undefined ? undefined : tokenFor(next) },
      Contents: objects.map((object) => ({ ...objectElement(object, encode), Owner })),
      CommonPrefixes: prefixElements(commonPrefixes, encode),
    })
  },
})
