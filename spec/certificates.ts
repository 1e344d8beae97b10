import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Is a certificate with its key, as the options of tls take them. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Holds what specs of TLS need; made afresh by openssl, once for each run. */
export interface Certificates {
  /** Certificate of the authority that has signed all but `selfSigned`. */
  readonly ca: string;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly localhost: Identity;
  /** For other.example alone. */
  readonly otherHost: Identity;
  /** For localhost, until 2020. */
  readonly expired: Identity;
  /** For localhost, signed by nobody else. */
  readonly selfSigned: Identity;
  /** Of a client. */
  readonly client: Identity;
}

const CONFIG = `
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
serial = serial
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
[req]
distinguished_name = name
prompt = no
x509_extensions = authority_extensions
[name]
commonName = hawser
[authority_extensions]
basicConstraints = critical, CA:true
[localhost]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[other]
subjectAltName = DNS:other.example
`;

let made: Promise<Certificates> | undefined;

/** Makes the certificates, the first time. */
export function certificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

async function make(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-certificates-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const makeKey = (name: string) =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  const selfSign = (name: string, extensions: string) =>
    openssl(
      ...['req', '-x509', '-config', 'openssl.cnf', '-key', `${name}.key`, '-days', '2'],
      ...['-extensions', extensions, '-out', `${name}.pem`],
    );
  const identity = async (name: string): Promise<Identity> => ({
    key: await read(`${name}.key`),
    cert: await read(`${name}.pem`),
  });
  const sign = async (name: string, extensions: string, start: Date, end: Date): Promise<Identity> => {
    const time = (date: Date) => `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
    await makeKey(name);
    await openssl(
      ...['req', '-new', '-config', 'openssl.cnf', '-key', `${name}.key`],
      ...['-subj', `/CN=${name}`, '-out', `${name}.csr`],
    );
    await openssl(
      ...['ca', '-batch', '-notext', '-config', 'openssl.cnf', '-extensions', extensions],
      ...['-startdate', time(start), '-enddate', time(end), '-in', `${name}.csr`, '-out', `${name}.pem`],
    );
    return identity(name);
  };
  try {
    await writeFile(join(folder, 'openssl.cnf'), CONFIG);
    await writeFile(join(folder, 'index.txt'), '');
    await writeFile(join(folder, 'serial'), '01\n');
    await makeKey('ca');
    await selfSign('ca', 'authority_extensions');
    await makeKey('selfSigned');
    await selfSign('selfSigned', 'localhost');
    const yesterday = new Date(Date.now() - 86_400_000);
    const tomorrow = new Date(Date.now() + 86_400_000);
    return {
      ca: await read('ca.pem'),
      localhost: await sign('localhost', 'localhost', yesterday, tomorrow),
      otherHost: await sign('otherHost', 'other', yesterday, tomorrow),
      expired: await sign('expired', 'localhost', new Date('2020-01-01'), new Date('2020-01-02')),
      selfSigned: await identity('selfSigned'),
      client: await sign('client', 'other', yesterday, tomorrow),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
