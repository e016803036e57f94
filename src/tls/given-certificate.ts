/** A certificate that the operator provides and renews, in two files. */
import { readFileSync } from 'node:fs'
import { fileMark } from '../ground/private-file.ts'
import { CertificatePair, PairProblem } from './certificate-pair.ts'
import type { CertificateSource } from './serving-certificate.ts'

export interface GivenFiles {
  readonly certificate: string
  readonly key: string
}

export class GivenCertificate implements CertificateSource {
  readonly #files: GivenFiles
  readonly trustFile?: string

  constructor(files: GivenFiles, trustFile: string | undefined) {
    this.#files = files
    if (trustFile !== undefined) this.trustFile = trustFile
  }

  mark(): string {
    return `${fileMark(this.#files.certificate)} ${fileMark(this.#files.key)}`
  }

  read(): CertificatePair {
    return readGivenPair(this.#files)
  }
}

/** Throws `PairProblem`. */
export function readGivenPair(files: GivenFiles): CertificatePair {
  const read = (of: keyof GivenFiles) => {
    try {
      return readFileSync(files[of], 'utf8')
    } catch (error) {
      throw new PairProblem(of, (error as Error).message)
    }
  }
  return new CertificatePair({ certificate: read('certificate'), key: read('key') })
}
