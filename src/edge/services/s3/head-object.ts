/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { readConditions } from './conditions.ts'
import { expirationHeader } from './lifecycle-headers.ts'
import { missingToListers, wantedOf, withheld } from './object-answer.ts'
import { defineS3Operation } from './s3-operation.ts'

export const headObject = defineS3Operation('HeadObject', {
  match: { on: 'object', method: 'HEAD' },
  authorisedAs: 'GetObject',
  versionAction: 'GetObjectVersion',
  alsoAsks: ['s3:ListBucket'],
  isOfObjects: true,
  hasExistingTags: true,
  whenRefused: missingToListers,
  async handle(request, context) {
    const facts = await context.backend.objects.head(request, readConditions(request.headers))
    if (isObjectRefusal(facts)) return withheld(facts, request, context)
    const { httpStatus, headers } = wantedOf(request, facts)
    const expiration = expirationHeader(context.backend.objects, request, facts)
    return { httpStatus, headers: { ...headers, ...expiration } }
  },
})
