/**
 * AWS's clients take `AWS_CA_BUNDLE` instead of the authorities that are trusted everywhere. A
 * program may call a server of AWS as well as this one, so the file holds both.
 */
import { rootCertificates } from 'node:tls'
import { writePublicFile } from '../ground/private-file.ts'
import { textIfThere } from '../ground/text-file.ts'

/** Does nothing if the file is right already. */
export function writeTrustFile(path: string, authorities: string): void {
  const text = `${[authorities.trim(), ...rootCertificates].join('\n')}\n`
  if (textIfThere(path) === text) return
  writePublicFile(path, text)
}
