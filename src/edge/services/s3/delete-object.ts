/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { readConditions } from './conditions.ts'
import { defineS3Operation } from './s3-operation.ts'

export const deleteObject = defineS3Operation('DeleteObject', {
  match: { on: 'object', method: 'DELETE' },
  isOfObjects: true,
  async handle(request, { backend }) {
    const conditions = readConditions({ 'if-match': request.headers['if-match'] })
    const deleted = await backend.objects.delete(request, conditions)
    return isObjectRefusal(deleted) ? deleted : { httpStatus: 204 }
  },
})
