//! The real nginx before several processes, as deploy/ sets it up: one address, two servers behind it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::house::{House, free_address, until};

pub(crate) struct Nginx {
    folder: PathBuf,
    pub(crate) address: SocketAddr,
    server: Child,
}

impl Nginx {
    /// Opens it before those houses.
    pub(crate) async fn before(houses: &[&House]) -> Self {
        let folder = PathBuf::from(format!("/tmp/comanda-nginx-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).expect("a folder for nginx");
        let address = free_address();
        let path = |name: &str| folder.join(name).display().to_string();
        // Never taken out: one that is being replaced refuses at once, and the next is asked.
        let servers: Vec<_> =
            houses.iter().map(|house| format!("server {} max_fails=0;", house.address)).collect();
        let servers = servers.join(" ");
        let config = format!(
            "daemon off; pid {pid}; error_log {log} warn; worker_processes 1;
            events {{ worker_connections 512; }}
            http {{
                access_log off;
                client_body_temp_path {temp}; proxy_temp_path {temp}; fastcgi_temp_path {temp}; uwsgi_temp_path {temp};
                scgi_temp_path {temp};
                map $http_upgrade $connection_upgrade {{ default upgrade; \"\" \"\"; }}
                upstream comanda {{ {servers} keepalive 16; }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass http://comanda;
                        proxy_http_version 1.1;
                        proxy_set_header Host $http_host;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade;
                        proxy_read_timeout 1h;
                        proxy_next_upstream error timeout http_503;
                    }}
                }}
            }}",
            pid = path("nginx.pid"),
            log = path("error.log"),
            temp = path("temp"),
        );
        std::fs::write(folder.join("nginx.conf"), config).expect("a configuration");
        let server = Command::new("nginx")
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .args(["-e", &path("error.log")])
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx is installed: `make test` sees to it");
        let nginx = Self { folder, address, server };
        until("nginx answers", async || reqwest::get(format!("http://{address}/healthz")).await.is_ok())
            .await;
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.join("error.log"));
            eprintln!("nginx said:\n{}", log.unwrap_or_default());
        }
        super::house::send(self.server.id(), rustix::process::Signal::TERM); // its workers end with it
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
