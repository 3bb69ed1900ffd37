/** A certificate authority of the run's own, so that every TLS connection is really verified. */
import { createHash, X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificate {
  key: string;
  cert: string;
}

export interface CertificateAuthority {
  /** PEM, for `NODE_EXTRA_CA_CERTS`. */
  cert: string;
  /** A server certificate for these names. */
  issue(...hosts: string[]): Promise<Certificate>;
}

/** Makes an authority that lives as long as the run. */
export async function createCertificateAuthority(
  commonName = 'Callback Courier test CA',
): Promise<CertificateAuthority> {
  const authority = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    cert: authority.cert,
    async issue(...hosts) {
      const issued = await generate([{ name: 'commonName', value: hosts[0] ?? 'server' }], {
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { key: authority.private, cert: authority.cert },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2 as const, value })) },
        ],
      });
      return { key: issued.private, cert: `${issued.cert.trim()}\n${authority.cert}` };
    },
  };
}

/** The SHA-256 of the public key in base64, as Chromium's `--ignore-certificate-errors-spki-list` takes it. */
export function publicKeyHash(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}
