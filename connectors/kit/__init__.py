"""What connectors share, for those of this project and for anybody's.

`rooms` and `connector` make a whole `provisioner.model.ports.Connector` out of one class a kind of resource, `client`
speaks HTTP and JSON with typed errors, `paging` reads long lists whole, `settings` has what every server's section has,
`doctor` asks what all ask first, `outcomes` says what may be concluded when a creation fails, `mentions` keeps texts
from calling people; `emulation` and `sandbox` make an emulator. Nothing here knows a product. CONTRIBUTING walks
through a connector that is built with it.
"""
