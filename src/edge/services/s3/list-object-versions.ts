/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */

import type { XmlMembers } from '../../../ground/xml.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { ListedVersion } from '../../../objects/object-store.ts'
import { answerXml, isoDate } from './document.ts'
import { type Listing, listingValues, objectElement, prefixElements, readListing } from './listing.ts'
import { ownerOf } from './owner.ts'
import { invalidArgument } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'

export const listObjectVersions = defineS3Operation('ListObjectVersions', {
  match: { on: 'bucket', method: 'GET', query: ['versions'] },
  authorisedAs: 'ListBucketVersions',
  isOfObjects: true,
  conditionValues: listingValues,
  async handle(request, { backend }) {
    const { bucket, query } = request
    const { prefix, delimiter, limit, encode, echoed } = readListing(request)
    const [afterKey, afterVersionId] = [query.get('key-marker') ?? '', query.get('version-id-marker') ?? '']
    if (afterVersionId !== '' && afterKey === '') {
      const text = 'A version-id marker cannot be specified without a key marker.'
      throw invalidArgument(text, 'version-id-marker', afterVersionId)
    }
    const page = await backend.objects.listVersions(bucket, { prefix, delimiter, limit, afterKey, afterVersionId })
    if (isObjectRefusal(page)) return page
    const { versions, commonPrefixes, next } = page
    const Owner = ownerOf(backend.objects.bucket(bucket)!)
    return answerXml('ListVersionsResult', {
      ...{ Name: bucket, ...echoed, KeyMarker: encode(afterKey), VersionIdMarker: afterVersionId },
      ...{ MaxKeys: limit, IsTruncated: next !== undefined },
      NextKeyMarker: next && encode(next.key),
      NextVersionIdMarker: next?.versionId,
      // Versions and delete markers of a key are in one order.
      '': versions.map((version) => elementOf(version, encode, Owner)),
      CommonPrefixes: prefixElements(commonPrefixes, encode),
    })
  },
})

function elementOf(version: ListedVersion, encode: Listing['encode'], Owner: XmlMembers): XmlMembers {
  const { versionId: VersionId, isLatest: IsLatest } = version
  if (!version.isDeleteMarker)
    return { Version: { ...objectElement(version, encode), ...{ VersionId, IsLatest, Owner } } }
  const LastModified = isoDate(version.lastModifiedMs)
  return { DeleteMarker: { Key: encode(version.key), VersionId, IsLatest, LastModified, Owner } }
}
