/** `aws sts get-caller-identity`. */
import { firstTextIn } from '../../ground/xml-reader.ts'
import { notSupplied, wrongUsage } from './failure.ts'
import type { Services } from './services.ts'
import { print } from './structured-output.ts'

export async function runSts(operation: string, words: readonly string[], services: Services): Promise<number> {
  if (operation !== 'get-caller-identity') throw notSupplied(`sts ${operation}`)
  if (words.length > 0) throw wrongUsage(`Unknown options: ${words.join(', ')}`)
  const { url } = services.settings.endpoint('sts')
  const answer = await services.client('sts').document(
    {
      operation: 'GetCallerIdentity',
      method: 'POST',
      url,
      path: url.pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15'),
    },
    'GetCallerIdentityResponse',
  )
  const member = (name: string) => firstTextIn(answer, name)
  print({ UserId: member('UserId'), Account: member('Account'), Arn: member('Arn') }, services)
  return 0
}
