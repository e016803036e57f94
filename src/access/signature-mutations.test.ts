/** The short form of `npm run attack:signatures`: no header that is nearly right is accepted. */
import { expect, test } from 'vitest'
import { mutated } from '../../test/attack/mutated-authorization.ts'
import { signRequest } from '../../test/support/signed-request.ts'
import { verifySignature } from './signature.ts'

const key = { accessKeyId: 'OBTESTKEY', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const at = new Date(Date.UTC(2026, 10, 22, 15, 0, 0))
const headers = { 'content-type': 'application/json' }

test('20,000 mutations of an Authorization header are all refused, none by an exception', async () => {
  const signed = await signRequest(key, { path: '/v1/submitjob', body: '{}', headers, at })
  const { method, url, payload = '' } = signed
  const verify = (authorization: string) =>
    verifySignature(
      { method, url, headers: { ...signed.headers, authorization }, body: Buffer.from(payload) },
      (id) => (id === key.accessKeyId ? { ...key, owner: 'ada', disabled: false } : undefined),
      at.getTime(),
    )
  const right = signed.headers.authorization!
  expect(verify(right).kind).toBe('verified')
  const codes = new Map<string, number>()
  for (let number = 1; number <= 20_000; number++) {
    const { authorization, by } = mutated(right, number)
    const verdict = verify(authorization)
    if (verdict.kind === 'verified') throw new Error(`mutation ${number} (${by}) is accepted: ${authorization}`)
    codes.set(verdict.code, (codes.get(verdict.code) ?? 0) + 1)
  }
  // The mutations reach every step of the check.
  for (const code of ['IncompleteSignatureException', 'InvalidSignatureException', 'UnrecognizedClientException'])
    expect(codes.get(code), code).toBeGreaterThan(500)
})
