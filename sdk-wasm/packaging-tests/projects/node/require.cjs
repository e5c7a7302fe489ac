const { init, rank, track } = require('bowerbird');

init({ trackingId: 'node' });
console.log(typeof track('click'), rank(['1']).where);
