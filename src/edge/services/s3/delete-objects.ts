/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
import { limits } from '../../../model/limits.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { RequestContext } from '../../context.ts'
import { childOf, textOf, type XmlElement } from '../../protocols/xml-reader.ts'
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
  alsoAsks: ['s3:DeleteObject'],
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
  const version = textOf(object, 'VersionId')
  const Version = version === undefined ? {} : { VersionId: version }
  if (version !== undefined && version !== 'null')
    return { Key, ...Version, Code: 'NoSuchVersion', Message: 'The specified version does not exist.' }
  const refusal = refusalTo(context, 's3:DeleteObject', objectArn({ bucket, key: Key }))
  if (refusal) return { Key, ...Version, Code: 'AccessDenied', Message: refusal.message }
  const deleted = await deleteOne(
    context.backend.objects,
    { bucket, key: Key },
    { etag: textOf(object, 'ETag'), size: textOf(object, 'Size'), lastModified: textOf(object, 'LastModifiedTime') },
  )
  return isObjectRefusal(deleted)
    ? { Key, ...Version, Code: deleted.code, Message: deleted.message }
    : { Key, ...Version }
}
