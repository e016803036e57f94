/**
 * Every object has one version, `null`, as in a bucket without versioning.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { answerXml } from './document.ts'
import { listingValues, objectElement, prefixElements, readListing } from './listing.ts'
import { ownerOf } from './owner.ts'
import { defineS3Operation } from './s3-operation.ts'

export const listObjectVersions = defineS3Operation('ListObjectVersions', {
  match: { on: 'bucket', method: 'GET', query: ['versions'] },
  authorisedAs: 'ListBucketVersions',
  isOfObjects: true,
  conditionValues: listingValues,
  async handle(request, { backend }) {
    const { bucket, query } = request
    const { prefix, delimiter, limit, encode, echoed } = readListing(request)
    const after = query.get('key-marker') ?? ''
    const page = await backend.objects.list(bucket, { prefix, delimiter, limit, after })
    if (isObjectRefusal(page)) return page
    const { objects, commonPrefixes, next } = page
    const Owner = ownerOf(backend.objects.bucket(bucket)!)
    return answerXml('ListVersionsResult', {
      ...{ Name: bucket, ...echoed, KeyMarker: encode(after), VersionIdMarker: query.get('version-id-marker') ?? '' },
      ...{ MaxKeys: limit, IsTruncated: next !== undefined },
      NextKeyMarker: next === undefined ? undefined : encode(next),
      NextVersionIdMarker: next === undefined ? undefined : 'null',
      Version: objects.map((object) => ({
        ...objectElement(object, encode),
        ...{ VersionId: 'null', IsLatest: true, Owner },
      })),
      CommonPrefixes: prefixElements(commonPrefixes, encode),
    })
  },
})
