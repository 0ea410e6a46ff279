// Keeps a thread that it is loaded into until it is ended: it can be asked after its guest has ended.

setInterval(() => undefined, 2 ** 30);
