//! A real nginx with the site of deploy/nginx.conf: only its addresses and files are this test's own.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::browser::Browser;
use super::house::until;
use super::units::deploy;

/// The name in the shipped site.
pub(crate) const HOST: &str = "comanda.example";

pub(crate) struct Nginx {
    folder: PathBuf,
    program: Option<Child>,
    pub(crate) plain: SocketAddr,
    pub(crate) secure: SocketAddr,
    certificate: CertificateDer<'static>,
}

impl Nginx {
    /// Writes the site for these processes of ours, with a certificate of its own.
    pub(crate) fn before(processes: &[SocketAddr]) -> Self {
        let folder = std::env::temp_dir().join(format!("comanda-nginx-{:016x}", rand::random::<u64>()));
        fs::create_dir(&folder).expect("a folder");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
        fs::write(folder.join("fullchain.pem"), cert.pem()).expect("a file");
        fs::write(folder.join("privkey.pem"), signing_key.serialize_pem()).expect("a file");
        let nginx = Self {
            program: None,
            plain: free_address(),
            secure: free_address(),
            certificate: cert.der().clone(),
            folder,
        };
        nginx.write(processes);
        nginx
    }

    fn write(&self, processes: &[SocketAddr]) {
        let path = |name: &str| self.folder.join(name).display().to_string();
        let mut site = fs::read_to_string(deploy().join("nginx.conf")).expect("the site");
        let mut put = |from: &str, to: &str| {
            assert!(site.contains(from), "the site says no {from:?} any more");
            site = site.replace(from, to);
        };
        let servers: Vec<_> =
            processes.iter().map(|process| format!("server {process} max_fails=0;")).collect();
        put("server 127.0.0.1:3000 max_fails=0;", &servers.join("\n"));
        put("listen 80;", &format!("listen {};", self.plain));
        put("    listen [::]:80;\n", "");
        put("listen 443 ssl http2;", &format!("listen {} ssl http2;", self.secure));
        put("    listen [::]:443 ssl http2;\n", "");
        put("/etc/ssl/comanda/fullchain.pem", &path("fullchain.pem"));
        put("/etc/ssl/comanda/privkey.pem", &path("privkey.pem"));
        fs::write(self.folder.join("site.conf"), site).expect("a file");
        // What a system's own nginx.conf says around it.
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", path(name)))
            .join("\n");
        let around = format!(
            "{user} daemon off; worker_processes 1; pid {}; error_log stderr info;
            events {{ worker_connections 1024; }}
            http {{ access_log off; {temporary} include site.conf; }}",
            path("pid")
        );
        fs::write(self.folder.join("nginx.conf"), around).expect("a file");
    }

    fn command(&self) -> Command {
        let on_path = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_ok();
        let mut command = Command::new(if on_path { "nginx" } else { "/usr/sbin/nginx" });
        command.arg("-p").arg(&self.folder).args(["-e", "stderr", "-c", "nginx.conf"]).stdin(Stdio::null());
        command
    }

    /// What `nginx -t` says.
    pub(crate) fn check(&self) -> std::process::Output {
        self.command().arg("-t").output().expect("nginx is installed")
    }

    /// Starts it and waits for its ports.
    pub(crate) async fn start(mut self) -> Self {
        let log = File::create(self.folder.join("log")).expect("a log");
        self.program = Some(self.command().stderr(log).spawn().expect("nginx is installed"));
        let ports = [self.plain, self.secure];
        until("nginx listens", async || ports.iter().all(|port| TcpStream::connect(port).is_ok())).await;
        self
    }

    /// A browser that trusts this nginx.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(HOST, self.secure, self.certificate.clone())
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("nginx said:\n{}", self.log());
        }
        if let Some(mut program) = self.program.take() {
            // Told, not killed: it ends its workers.
            let pid = rustix::process::Pid::from_child(&program);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = program.wait();
        }
        let _ = fs::remove_dir_all(Path::new(&self.folder));
    }
}

/// A port of this machine that is free now.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}
