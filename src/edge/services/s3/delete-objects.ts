/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */

import { childOf, textOf, type XmlElement } from '../../../ground/xml-reader.ts'
import { limits } from '../../../model/limits.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { Deleted } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import type { OwnConditionValues } from '../../operation.ts'
import { refusalTo } from './asking.ts'
import { deleteOne } from './delete-one.ts'
import { answerXml, readDocument } from './document.ts'
import { objectArn } from './resource.ts'
import { malformedXml } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'

/** Objects that are deleted at the same time. */
const atOnce = 32

export const deleteObjects = defineS3Operation('DeleteObjects', {
  match: { on: 'bucket', method: 'POST', query: ['delete'] },
  // Each object is asked for by itself, and one that may not be deleted is answered for.
  needsNoPermission: true,
  alsoAsks: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  isOfObjects: true,
  async handle(request, context) {
    const { bucket } = request
    const document = await readDocument(request, 'Delete')
    const objects = document.children.filter(({ name }) => name === 'Object')
    if (objects.length === 0 || objects.length > limits.objectsPerPage) throw malformedXml()
    const isQuiet = textOf(document, 'Quiet') === 'true'
    const outcomes: Outcome[] = []
    for (let at = 0; at < objects.length; at += atOnce) {
      const some = objects.slice(at, at + atOnce)
      outcomes.push(...(await Promise.all(some.map((object) => deleteAllowed(bucket, object, context)))))
    }
    return answerXml('DeleteResult', {
      Deleted: outcomes.flatMap(({ Code, Message: _, ...deleted }) =>
        Code === undefined && !isQuiet ? [deleted] : [],
      ),
      Error: outcomes.filter(({ Code }) => Code !== undefined),
    })
  },
})

type Outcome = { readonly [member: string]: string | undefined; readonly Code?: string; readonly Message?: string }

async function deleteAllowed(bucket: string, object: XmlElement, context: RequestContext): Promise<Outcome> {
  const Key = childOf(object, 'Key')?.text
  if (!Key) throw malformedXml()
  const versionId = childOf(object, 'VersionId')?.text
  const Version = versionId === undefined ? {} : { VersionId: versionId }
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'
  const own: OwnConditionValues = versionId === undefined ? {} : { 's3:versionid': [versionId] }
  const refusal = refusalTo(context, action, objectArn({ bucket, key: Key }), own)
  if (refusal) return { Key, ...Version, Code: 'AccessDenied', Message: refusal.message }
  const deleted = await deleteOne(
    context.backend.objects,
    { bucket, key: Key, versionId },
    { etag: textOf(object, 'ETag'), size: textOf(object, 'Size'), lastModified: textOf(object, 'LastModifiedTime') },
  )
  return isObjectRefusal(deleted)
    ? { Key, ...Version, Code: deleted.code, Message: deleted.message }
    : { Key, ...Version, ...markerElements(deleted) }
}

/** The delete marker that was made, or that is gone. */
function markerElements({ isDeleteMarker, versionId }: Deleted) {
  return isDeleteMarker ? { DeleteMarker: 'true', DeleteMarkerVersionId: versionId } : {}
}
