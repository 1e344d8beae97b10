import { baseBuild, forgetBuilds, ownBuild } from './checkout.js';
import { PEERS } from './peers.js';

/** Whether a peer can do what a workload asks for. */
function canPlay(peer, workload) {
  if (peer.groups !== undefined && !peer.groups.includes(workload.group)) return false;
  if (workload.load === 'client') return peer.client !== undefined;
  if (workload.deflate !== undefined && !peer.deflates) return false;
  if (workload.closes === true && peer.isRaw === true) return false;
  return peer.server !== undefined && peer.scenes.includes(peer.scene ?? workload.scene);
}

function findVersions(peers) {
  const here = [];
  const absent = [];
  for (const peer of peers) {
    try {
      here.push({ ...peer, found: peer.version() });
    } catch (error) {
      absent.push({ name: peer.name, reason: error.message });
    }
  }
  return { here, absent };
}

/**
 * Finds the peers that were asked for, and takes the builds of hawser that are to be compared.
 * @returns `contenders`, which tells for a workload who takes part, hawser first; `absent`, who would have to but is not
 * installed, and why; `versions`; `module`, the URL of this checkout's build.
 */
export function chooseContenders({ workloads, peers: wanted, base }) {
  process.on('exit', forgetBuilds);
  const own = ownBuild();
  const against = base === undefined ? undefined : baseBuild(base);
  const namesFor = (workload) => wanted ?? (base === undefined ? workload.peers : ['hawser']);
  const asked = new Set(workloads.flatMap(namesFor));
  const { here, absent } = findVersions(PEERS.filter(({ name }) => asked.has(name)));
  const all = here.flatMap((peer) => {
    if (!peer.server?.endsWith('/hawser.js')) return [peer];
    const mine = { ...peer, ...own, found: `${peer.found}, ${own.commit}` };
    if (against === undefined) return [mine];
    return [mine, { ...peer, ...against, name: `${peer.name}-base`, title: 'base', found: against.commit }];
  });
  return {
    contenders: (workload) => {
      const names = namesFor(workload);
      return all.filter((peer) => names.includes(peer.name.replace(/-base$/, '')) && canPlay(peer, workload));
    },
    absent,
    module: own.module,
    versions: Object.fromEntries(all.map(({ name, found }) => [name, found])),
  };
}
