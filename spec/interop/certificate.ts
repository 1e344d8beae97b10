import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Is a self-signed certificate for 127.0.0.1 and localhost, in a folder of its own. */
export class Certificate {
  readonly folder = mkdtempSync(join(tmpdir(), 'hawser-certificate-'));
  readonly keyFile = join(this.folder, 'key.pem');
  readonly certificateFile = join(this.folder, 'certificate.pem');
  /** Certificate and key in one file. */
  readonly bothFile = join(this.folder, 'both.pem');

  constructor() {
    const { status, stderr, error } = spawnSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', this.keyFile, '-out', this.certificateFile, '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`openssl failed: ${stderr}`, { cause: error });
    writeFileSync(
      this.bothFile,
      readFileSync(this.certificateFile, 'utf8') + readFileSync(this.keyFile, 'utf8'),
    );
  }

  /** Certificate, to be trusted by clients. */
  get ca(): Buffer {
    return readFileSync(this.certificateFile);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
