import { fork, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const canPin = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0;

/** Says whether server and load run on cores of their own. */
export const isPinned = canPin;

/** Starts a process on a core of its own, where that can be asked for. */
function start(file, core) {
  const child = fork(here(file), { execArgv: [] });
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', String(core), String(child.pid)]);
  return child;
}

/** Waits for the next message of a child process. */
function next(child) {
  return new Promise((resolve, reject) => {
    const onMessage = (message) => {
      child.off('exit', onExit);
      if (message.error === undefined) resolve(message);
      else reject(new Error(message.error));
    };
    const onExit = (code) => {
      child.off('message', onMessage);
      reject(new Error(`a process ended early with ${code}`));
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}

function ask(child) {
  const answer = next(child);
  child.send('report');
  return answer;
}

/**
 * Runs one workload against one peer once, in fresh processes.
 * @returns {Promise<{ cpuMicrosPerMessage: number, messagesPerSecond: number, rssBytes: number, loadBusy: number }>}
 */
export async function playRound(peer, workload, { warmupMs, measureMs }) {
  const server = start(`servers/${peer}.js`, 0);
  const load = start('load.js', 1);
  try {
    const { port } = await next(server);
    load.send({ port, workload, warmupMs, measureMs });
    await next(load);
    const before = await ask(server);
    const { messages, seconds, busy } = await next(load);
    const after = await ask(server);
    if (messages === 0) throw new Error(`${peer} echoed nothing in ${workload.name}`);
    return {
      cpuMicrosPerMessage: (after.cpuMicros - before.cpuMicros) / messages,
      messagesPerSecond: messages / seconds,
      rssBytes: after.rssBytes,
      loadBusy: busy,
    };
  } finally {
    load.kill();
    server.kill();
  }
}
