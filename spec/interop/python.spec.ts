import { describeClient, describeServer } from './peer-suite.js';
import { python } from './peers.js';

describeClient(python);
describeServer(python);
