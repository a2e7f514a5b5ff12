-- What exists and where. One table of devices; netbox_device_cache is a view of it.

CREATE TABLE sites (
    domain      text NOT NULL,
    site_id     integer NOT NULL,
    uuid        uuid NOT NULL,
    slug        text NOT NULL,
    name        text NOT NULL,
    time_zone   text NOT NULL,
    country     text,
    latitude    double precision,
    longitude   double precision,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz,
    PRIMARY KEY (domain, site_id)
);
CREATE UNIQUE INDEX sites_slug ON sites (domain, slug) WHERE deleted_at IS NULL;

CREATE TABLE devices (
    device_id         uuid PRIMARY KEY, -- UUIDv5 of the entity: known before any database
    domain            text NOT NULL,
    entity            text NOT NULL,
    netbox_device_id  integer,
    hostname          text,
    ip_address        inet,
    addresses         inet[] NOT NULL DEFAULT '{}',
    device_type       text,
    manufacturer      text,
    role              text,
    site_id           integer,
    site_slug         text,
    zone              text,
    profile           text,
    interval_ms       integer,
    tags              text[] NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    deleted_at        timestamptz -- gone from the inventory; its history stays
);
CREATE UNIQUE INDEX devices_hostname ON devices (domain, hostname) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX devices_ip_address ON devices (domain, ip_address) WHERE deleted_at IS NULL;
CREATE INDEX devices_netbox_device_id ON devices (netbox_device_id) WHERE netbox_device_id IS NOT NULL;
CREATE INDEX devices_site ON devices (domain, site_id);

CREATE VIEW netbox_device_cache AS
SELECT d.domain,
       d.netbox_device_id,
       d.device_id,
       d.ip_address AS device_ip,
       d.hostname   AS device_name,
       d.device_type,
       d.manufacturer,
       d.site_id,
       s.name       AS site_name,
       d.role       AS role_name,
       d.tags,
       d.updated_at AS cached_at
  FROM devices d
  LEFT JOIN sites s ON s.domain = d.domain AND s.site_id = d.site_id
 WHERE d.deleted_at IS NULL;
