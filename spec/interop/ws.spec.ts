import { describeClient, describeServer } from './peer-suite.js';
import { ws } from './peers.js';

describeClient(ws);
describeServer(ws);
