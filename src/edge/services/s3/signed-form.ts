/** Reads a form that uploads an object, and refuses one that says too little about its signature. */
import type { FastifyRequest } from 'fastify'
import { signatureFields } from '../../../access/form-signature.ts'
import type { BodyStream } from '../../body-stream.ts'
import { s3Failure } from '../../errors.ts'
import { type Form, readForm } from '../../multipart-form.ts'
import { invalidRequest, missingField } from './s3-errors.ts'

export async function readSignedForm(request: FastifyRequest, body: BodyStream): Promise<Form> {
  const form = await readForm(body, request.headers['content-type'])
  const has = (name: string) => form.fields.has(name.toLowerCase())
  if (has('AWSAccessKeyId') || has('signature')) throw invalidRequest(versionTwo)
  // Nobody writes without a signature, whatever the policy of a bucket says.
  if (!has('policy') && !signatureFields.some(has)) throw s3Failure('AccessDenied', 403, 'Access Denied')
  const missing = ['policy', ...signatureFields].find((name) => !has(name))
  if (missing !== undefined) throw missingField(missing)
  return form
}

const versionTwo = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
