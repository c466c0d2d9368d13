//! TLS with a CA that is made at every start: nothing to install, and nothing that could be mistaken for safety.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{Options, StartError};

/// What speaks TLS, and the CA that a client has to trust.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

/// Makes a CA, and a certificate for all names that the server answers to.
pub(crate) fn make(options: &Options) -> Result<Tls, StartError> {
    let failed = |error: rcgen::Error| StartError::Certificate(error.to_string());
    let mut ca_params = CertificateParams::new(Vec::new()).map_err(failed)?;
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca_params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca_params.distinguished_name.push(DnType::CommonName, "tos-local practice CA");
    let ca_key = KeyPair::generate().map_err(failed)?;
    let ca_pem = ca_params.self_signed(&ca_key).map_err(failed)?.pem();
    let issuer = Issuer::new(ca_params, ca_key);

    let domain = &options.domain;
    // No `*.localhost`: clients take no wildcard right below a top-level name.
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].into_iter().map(str::to_owned).collect();
    names.extend([domain.clone(), format!("*.{domain}")]);
    names.extend(options.custom_domains.keys().cloned());
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, "tos-local");
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, &issuer).map_err(failed)?;

    let private_key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(vec![certificate.der().clone()], private_key))
        .map_err(|error| StartError::Certificate(error.to_string()))?;
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
}
