/// Who called what: the audit log, and the calls of each user.
package io.metastore.api.audit;
