import { listCases, stage } from './micro/stages.js';
import { Play } from './play.js';

/** Most connections: the point is that everything runs, not how fast. */
const MOST_CONNECTIONS = 64;
/** How many plays go on at a time. */
const SIDE_BY_SIDE = 3;
const MEASURE_MS = 30;
const LATENCY = { rate: 1000, ms: 40 };

/** What decides which code of a peer a play runs; that of the load runs with the first peer. */
function kindOf(peer, { load, scene, tls, deflate, type, text }) {
  return JSON.stringify([peer.name, load === 'client', scene, tls, deflate, type, text]);
}

/** Every workload with the first peer, and with every other those that differ in what code they run. */
function choosePlays(workloads, contenders) {
  const seen = new Set();
  return workloads.flatMap((workload) =>
    contenders(workload).flatMap((peer, index) => {
      const kind = kindOf(peer, workload);
      if (index > 0 && seen.has(kind)) return [];
      seen.add(kind);
      return [{ peer, workload }];
    }),
  );
}

/** Does all that is done in a comparison, once. @returns why the peer cannot do it, if so */
async function playBriefly(peer, workload) {
  const play = await Play.open(peer, workload);
  if (play.declined !== undefined) return play.declined;
  try {
    if (workload.load !== 'idle') await play.measure(MEASURE_MS);
    if (workload.latency) await play.latency(LATENCY);
    if (workload.memory) await play.memory();
  } finally {
    await play.close();
  }
  return undefined;
}

/**
 * Runs everything for a moment, checks what comes back, and judges no time.
 * @returns how many plays failed
 */
export async function smoke(workloads, contenders, print) {
  const plays = choosePlays(workloads, contenders);
  const failed = [];
  let next = 0;
  const playSome = async () => {
    while (next < plays.length) {
      const { peer, workload } = plays[next++];
      const small = { ...workload, connections: Math.min(workload.connections, MOST_CONNECTIONS) };
      try {
        const declined = await playBriefly(peer, small);
        if (declined !== undefined) print(`${peer.name} does not play ${workload.name}: ${declined}`);
      } catch (error) {
        failed.push(error);
        print(`FAILED: ${peer.name}, ${workload.name}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, playSome));
  print(`${plays.length - failed.length} of ${plays.length} plays as they should be`);
  return failed.length;
}

/**
 * Runs every micro-benchmark for a moment.
 * @returns how many failed
 */
export function smokeMicro(module, print) {
  const names = listCases();
  let failed = 0;
  for (const name of names) {
    try {
      stage(name, module, true);
    } catch (error) {
      failed += 1;
      print(`FAILED: ${error.message}`);
    }
  }
  print(`${names.length - failed} of ${names.length} micro-benchmarks run`);
  return failed;
}
