-- What each database is for: lrs, the records; learning, facts and marts; directory, who belongs
-- where (pseudonyms only); kpi, the business's figures; ops, how the pipeline is doing; viewer,
-- what may be shown; vault, identities, read by nobody but the administrator.
CREATE DATABASE IF NOT EXISTS lrs;
CREATE DATABASE IF NOT EXISTS learning;
CREATE DATABASE IF NOT EXISTS directory;
CREATE DATABASE IF NOT EXISTS kpi;
CREATE DATABASE IF NOT EXISTS ops;
CREATE DATABASE IF NOT EXISTS viewer;
CREATE DATABASE IF NOT EXISTS vault;
